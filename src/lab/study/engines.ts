// The registry of engines: one line each.
import { registry } from '../registry.js';
import type { Engine } from './engine.js';
import { local } from './local.js';

export const engines = registry<Engine>('engine', [local]);
