import type * as tf from '@tensorflow/tfjs';

export type { tf };
