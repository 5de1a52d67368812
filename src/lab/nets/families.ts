// The registry of net families: one line each.
import { registry } from '../registry.js';
import type { Family } from './family.js';
import { linear } from './linear.js';
import { plain } from './plain.js';
import { planted } from './planted.js';
import { residual } from './residual.js';

export const families = registry<Family>('net family', [plain, residual, linear, planted]);
