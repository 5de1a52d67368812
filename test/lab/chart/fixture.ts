// Runs with made-up numbers, for charts only: what is drawn is tested, not what was learned.
import { random } from '../../../src/lab/tensor/random.js';
import type { Reading } from '../../../src/lab/measure/measure.js';
import type { Cell, Run } from '../../../src/lab/study/record.js';

export function cell(change: {
  family?: string;
  depth?: number;
  seed?: number;
  shuffledLabels?: number;
  epochs?: number;
}): Cell {
  const { family = 'residual', depth = 8, seed = 0, shuffledLabels = 0, epochs = 12 } = change;
  return {
    data: { name: 'fashion-mnist', train: 2000, test: 1000, seed: 0, shuffledLabels },
    net: { family, depth, width: 8, input: [28, 28, 1], classes: 10, batchNorm: true, seed },
    recipe: {
      optimizer: { name: 'sgd', momentum: 0.9, nesterov: true },
      learningRate: 0.1,
      schedule: { name: 'cosine', final: 0 },
      warmupSteps: 0,
      weightDecay: 0.0001,
      batchSize: 64,
      augment: { crop: 2, flip: true },
      stop: { epochs, steps: null, trainLoss: null },
      seed,
      deterministic: true,
    },
  };
}

export function run(change: Parameters<typeof cell>[0]): Run {
  const { family = 'residual', depth = 8, seed = 0, shuffledLabels = 0, epochs = 12 } = change;
  const uniform = generator(`${family} ${depth} ${seed} ${shuffledLabels} ${epochs}`);
  const skill =
    shuffledLabels > 0 || epochs === 0
      ? 0.1
      : (family === 'linear'
          ? 0.78
          : family === 'plain'
            ? 0.86 - 0.0025 * depth
            : 0.85 + 0.0012 * depth) +
        0.012 * (uniform() - 0.5);
  const speed = family === 'plain' ? 2 + depth / 8 : 2 + depth / 30;
  const metrics = Array.from({ length: epochs + 1 }, (_, epoch) => {
    const progress = 1 - Math.exp(-epoch / speed);
    const wobble = 1 + 0.06 * (uniform() - 0.5);
    return {
      epoch,
      step: epoch * 32,
      learningRate: 0.05 * (1 + Math.cos((Math.PI * epoch) / Math.max(epochs, 1))),
      trainLoss: 2.3 * Math.exp(-epoch / speed) * wobble + 0.03,
      trainAccuracy: Math.min(0.1 + 0.89 * progress * wobble, 1),
      testLoss: (2.3 * Math.exp(-epoch / speed) + 0.4) * wobble,
      testAccuracy: Math.min(0.1 + (skill - 0.1) * progress * wobble, 1),
    };
  });
  const layerCount = Math.max(3, Math.floor(depth / 2));
  const reading = (measure: string, unit: string, scale: (position: number) => number): Reading => {
    const layers = Array.from({ length: layerCount }, (_, index) => {
      const position = index / (layerCount - 1);
      return {
        layer: `block${index + 1}`,
        position,
        value: scale(position) * (1 + 0.08 * (uniform() - 0.5)),
        interval: null,
        saturation: null,
      };
    });
    return {
      measure,
      unit,
      options: {},
      value: layers.at(-1)!.value,
      interval: null,
      saturation: null,
      layers,
      extra: {},
      notes: [],
    };
  };
  return {
    format: 1,
    key: `${family}-${depth}-${seed}-${shuffledLabels}-${epochs}`,
    cell: cell(change),
    digests: { train: 'a', test: 'b' },
    parameters: 1200 * depth,
    multiplyAdds: 250_000 * depth,
    outcome: { status: 'trained', stoppedBy: 'epochs', epochs, steps: epochs * 32, diverged: null },
    metrics,
    readings: [
      reading(
        'participation-ratio',
        'dimensions',
        (p) => 4 + 30 * p * (1 - p) * Math.log2(depth) + 6 * p,
      ),
      reading('linear-probe', '', (p) => 0.45 + (skill - 0.45) * (1 - Math.exp(-3.2 * p))),
    ],
    provenance: {
      fathom: '0.1.0',
      node: '24',
      tensorflow: '2.18',
      backend: 'tensorflow',
      threads: 1,
      platform: 'linux',
      seconds: depth * 3,
    },
    directory: '/nowhere',
  };
}

/** Two families at four depths with three seeds, and three controls. */
export function ladderRuns(seeds = 3): Run[] {
  const all = Array.from({ length: seeds }, (_, seed) => seed);
  const depths = [8, 14, 20, 32];
  return [
    ...['residual', 'plain', 'linear'].flatMap((family) =>
      depths.flatMap((depth) => all.map((seed) => run({ family, depth, seed }))),
    ),
    ...depths.flatMap((depth) => all.map((seed) => run({ depth, seed, shuffledLabels: 1 }))),
  ];
}

function generator(text: string): () => number {
  let seed = 7;
  for (const letter of text) seed = (seed * 31 + letter.charCodeAt(0)) >>> 0;
  return random(seed).next;
}
