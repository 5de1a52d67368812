// The registry of datasets: one line each.
import { registry } from '../registry.js';
import { cifar10 } from './cifar-10.js';
import { fashionMnist } from './fashion-mnist.js';
import { gratings } from './gratings.js';
import { mnist } from './mnist.js';
import type { Source } from './source.js';

export const datasets = registry<Source>('dataset', [fashionMnist, mnist, cifar10, gratings]);
