/**
 * A synthetic dataset that is the same everywhere and needs no file: sinusoidal gratings in ten orientations, 18° apart,
 * of random wavelength (4 to 12 pixels), phase and contrast (0.3 to 1), with pixel noise of standard deviation 0.2. A single
 * convolution with pooling can tell the classes apart, so depth should bring nothing here: a control.
 */
import { random } from '../tensor/random.js';
import type { Images, Source } from './source.js';

const SIDE = 28;
const ORIENTATIONS = 10;
const NOISE = 0.2;
const TRAIN = 10_000;
const TEST = 2_000;

/** Raise it when the images change. */
const VERSION = 1;

export const gratings: Source = {
  name: 'gratings',
  title: 'gratings',
  description:
    'Synthetic 28 × 28 sinusoidal gratings in ten orientations, random in wavelength, phase and contrast, with noise; ' +
    '10,000 for training and 2,000 held out.',
  reference: 'fathom',
  licence: 'Apache-2.0',
  shape: [SIDE, SIDE, 1],
  classes: Array.from({ length: ORIENTATIONS }, (_, index) => `${(index * 180) / ORIENTATIONS}°`),
  most: { train: TRAIN, test: TEST },
  async locate() {
    return {
      fingerprint: JSON.stringify(['gratings', VERSION]),
      read: async () => ({ train: drawn('train', TRAIN), test: drawn('test', TEST) }),
    };
  },
};

function drawn(part: string, count: number): Images {
  const { next, normal } = random(0, 'gratings', part);
  const pixels = new Uint8Array(count * SIDE * SIDE);
  const labels = new Uint8Array(count);
  let at = 0;
  for (let image = 0; image < count; image++) {
    const label = image % ORIENTATIONS;
    labels[image] = label;
    const angle = (label * Math.PI) / ORIENTATIONS;
    const frequency = (2 * Math.PI) / (4 + 8 * next());
    const phase = 2 * Math.PI * next();
    const contrast = 0.3 + 0.7 * next();
    const [dx, dy] = [frequency * Math.cos(angle), frequency * Math.sin(angle)];
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const value = 0.5 + 0.5 * contrast * Math.sin(dx * x + dy * y + phase) + NOISE * normal();
        pixels[at++] = Math.round(255 * Math.min(1, Math.max(0, value)));
      }
    }
  }
  return { pixels, labels };
}
