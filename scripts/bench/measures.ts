/**
 * npm run bench -- measures: values and seconds of the measures beside those of an independent Python package for each, on the same
 * arrays in one run. The packages are installed at the first use into an environment under the cache directory.
 *
 *   --rounds 5      runs of each; the table gives the median
 *   --net           only the seconds of all cheap measures on one net of depth 20; left out, they follow the table
 *   --write         also write the table to docs/bench/measures.md
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dimensionOf, intrinsicDimension } from '../../src/lab/measure/intrinsic-dimension.js';
import { hammingDistances, kernelEntropy } from '../../src/lab/measure/gating-entropy.js';
import {
  circularNorm,
  lempelZivWords,
  meanField,
  pairwiseDistances,
  representation,
  similarity,
  vietorisRips,
} from '../../src/lab/measure/index.js';
import { nearestNeighbours } from '../../src/lab/measure/neighbours.js';
import { classMeans, withinOverBetween } from '../../src/lab/measure/neural-collapse.js';
import { meanFrequency, spectrumOf } from '../../src/lab/measure/path-spectrum.js';
import { ratioOf } from '../../src/lab/measure/participation-ratio.js';
import { ridgeClassifiers } from '../../src/lab/measure/ridge.js';
import { scatterOf } from '../../src/lab/measure/spectrum.js';
import { powerLaw, shapleyValues } from '../../src/lab/stats/index.js';
import { random, ready } from '../../src/lab/tensor/index.js';
import { cheapMeasures } from './measures/cheap.js';
import { kinds, proofs } from './measures/proofs.js';
import { root } from './support/folders.js';
import { median } from './support/median.js';
import { markdownTable, printPage } from './support/page.js';
import { pythonEnvironment, pythonOf } from './support/python.js';

const { values: options } = parseArgs({
  options: {
    net: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);

await ready();
const generator = random(7, 'bench of measures');
const normal = (count: number) => Float32Array.from({ length: count }, () => generator.normal());
/** 1,000 activations of 512 numbers that lie near 12 directions. */
const basis = normal(12 * 512);
const cloud = new Float32Array(1000 * 512);
for (let i = 0; i < 1000; i++) {
  const weights = normal(12);
  for (let j = 0; j < 512; j++) {
    let sum = 0.05 * generator.normal();
    for (let k = 0; k < 12; k++) sum += weights[k]! * basis[k * 512 + j]!;
    cloud[i * 512 + j] = sum;
  }
}
const arrays: Record<string, { data: Float32Array; shape: number[] }> = {
  cloud: { data: cloud, shape: [1000, 512] },
  points: { data: normal(300 * 9), shape: [300, 9] },
  kernel: { data: normal(9 * 32 * 32), shape: [3, 3, 32, 32] },
  values: {
    data: Float32Array.from({ length: 1000 }, () => (1 - generator.next()) ** -0.5),
    shape: [1000],
  },
  images: { data: normal(300 * 256), shape: [300, 256] },
  bits: {
    data: Float32Array.from({ length: 300 * 2000 }, () => (generator.next() < 0.1 ? 1 : 0)),
    shape: [300, 2000],
  },
  game: { data: normal(1024), shape: [1024] },
  curve: { data: normal(576 * 10), shape: [576, 10] },
};

const { images: _, ...dimension } = intrinsicDimension.defaults;
const half = (from: number) => {
  const part = new Float32Array(300 * 128);
  for (let i = 0; i < 300; i++)
    part.set(arrays.images!.data.subarray(i * 256 + from, i * 256 + from + 128), i * 128);
  return representation(part, 300)!;
};
const jobs: { name: string; title: string; peer: string; run: () => number | Promise<number> }[] = [
  {
    name: 'two_nn',
    title: 'TwoNN, 1,000 × 512',
    peer: 'scikit-dimension',
    run: async () => (await dimensionOf(cloud, 512, dimension, null))!.value,
  },
  {
    name: 'mle',
    title: 'Maximum-likelihood dimension, k = 20',
    peer: 'scikit-dimension',
    run: async () =>
      (await dimensionOf(cloud, 512, { ...dimension, estimator: 'maximum likelihood' }, null))!
        .value,
  },
  {
    name: 'participation',
    title: 'Participation ratio with its jackknife interval, 1,000 × 512',
    peer: 'numpy, without an interval',
    run: () => ratioOf(scatterOf(cloud, 1000)!, 0.95).value,
  },
  {
    name: 'neighbours',
    title: '30 nearest of 500 for 500, mean distance',
    peer: 'scikit-learn',
    run: async () => {
      const found = await nearestNeighbours(
        cloud.slice(0, 500 * 512),
        cloud.slice(500 * 512),
        512,
        30,
      );
      return found.distances.reduce((sum, each) => sum + each, 0) / found.distances.length;
    },
  },
  {
    name: 'ridge',
    title: 'Ridge probe, 1,000 × 512, 10 classes',
    peer: 'scikit-learn',
    run: () => {
      const labels = Int32Array.from({ length: 1000 }, (_, i) => i % 10);
      const [probe] = ridgeClassifiers({ features: cloud, labels }, 10, [0.01]);
      const guesses = probe!.predict(cloud);
      return guesses.reduce((sum, guess, i) => sum + (guess === labels[i] ? 1 : 0), 0) / 1000;
    },
  },
  {
    name: 'loops',
    title: 'Persistent homology H₁ of 300 points, longest bar',
    peer: 'ripser',
    run: () => {
      const [first] = vietorisRips(pairwiseDistances(arrays.points!.data, 9), 300).loops;
      return first!.death - first!.birth;
    },
  },
  {
    name: 'circular',
    title: 'Norm of a 3 × 3 × 32 × 32 convolution on 28 × 28',
    peer: 'numpy FFT and SVD',
    run: () => circularNorm(arrays.kernel!.data, [3, 3, 32, 32], 28, 28),
  },
  {
    name: 'tail',
    title: 'Power-law exponent of 1,000 values',
    peer: 'powerlaw',
    run: () => powerLaw(arrays.values!.data).exponent,
  },
  {
    name: 'rsa',
    title: 'RSA of 300 patterns, Spearman',
    peer: 'rsatoolbox',
    run: () => similarity(half(0), half(128), 'RSA'),
  },
  {
    name: 'gates',
    title: 'Gating entropy of 300 patterns of 2,000 bits',
    peer: 'scikit-learn kernel',
    run: () => {
      const bits = Uint8Array.from(arrays.bits!.data);
      const exponents = hammingDistances(bits, 2000).map((each) => each / (0.08 * 2000));
      return kernelEntropy(exponents, 300, 0.95).value;
    },
  },
  {
    name: 'collapse',
    title: 'Neural collapse NC1, 1,000 × 128, 10 classes',
    peer: 'scikit-learn covariance, numpy pseudo-inverse',
    run: () => {
      const labels = Int32Array.from({ length: 1000 }, (_, i) => i % 10);
      const rows = new Float32Array(1000 * 128);
      for (let i = 0; i < 1000; i++) rows.set(cloud.subarray(i * 512, i * 512 + 128), i * 128);
      return withinOverBetween(rows, labels, classMeans(rows, labels, 128))!;
    },
  },
  {
    name: 'words',
    title: 'Lempel–Ziv words of 20,000 bits',
    peer: 'antropy (compiled)',
    run: () => lempelZivWords(Array.from(arrays.bits!.data.subarray(0, 20_000)).join('')),
  },
  {
    name: 'game',
    title: 'Shapley values of 10 players, the first',
    peer: 'shapiq',
    run: () => shapleyValues(arrays.game!.data)[0]!,
  },
  {
    name: 'q_star',
    title: 'Fixed point q* of tanh, σ²w = 2, σ²b = 0.05',
    peer: 'scipy quad and brentq',
    run: () => meanField('tanh', 2, 0.05).q!,
  },
  {
    name: 'frequency',
    title: 'Mean frequency of a curve of 576 points',
    peer: 'numpy FFT',
    run: () => meanFrequency(spectrumOf(arrays.curve!.data, 576)),
  },
];

if (options.net) {
  printPage({
    name: 'measures',
    title: 'All cheap measures on one net',
    lines: await cheapMeasures(),
    write: false,
  });
  process.exit();
}
const own: Record<string, { value: number; seconds: number }> = {};
for (const { name, run } of jobs) {
  const value = await run();
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000);
  }
  own[name] = { value, seconds: median(seconds) };
}
const peers = measurePeers();
const passed = proofs();

printPage({
  name: 'measures',
  title: 'The measures: proofs, and speed beside Python packages',
  lines: [
    'Golden tests hold a measure against a closed form, an exhaustive count or the numbers of an independent package (`test/golden`); they ran for this table. The difference is relative, to the package named first in the second table that belongs to the kind; – where that package serves golden values only.',
    '',
    ...markdownTable(
      [
        'kind',
        'golden tests passed',
        'tests passed',
        'closed forms',
        'packages',
        'largest difference',
        'package’s seconds over ours',
      ],
      kinds.map(({ title, forms, packages, jobs: names }) => {
        const { golden, goldenOf, all, allOf } = passed.get(title)!;
        const compared = names.filter((name) => peers?.[name]);
        const away = compared.map((name) => differenceOf(own[name]!.value, peers![name]!.value));
        const ratios = compared.map((name) =>
          String(Number((peers![name]!.seconds / own[name]!.seconds).toPrecision(2))),
        );
        return [
          title,
          `${golden} of ${goldenOf}`,
          `${all} of ${allOf}`,
          forms,
          packages,
          away.length === 0 ? '–' : Math.max(...away).toExponential(0),
          ratios.length === 0 ? '–' : ratios.join(', '),
        ];
      }),
    ),
    '',
    '## Beside the packages',
    '',
    `Median of ${rounds} runs after a first one, each side with the threads that it takes by itself. Times over 1 say how many times as long the package takes.`,
    '',
    ...markdownTable(
      ['measure', 'package', 'value here', 'value there', 'ms here', 'ms there', 'there over here'],
      jobs.map(({ name, title, peer }) => {
        const here = own[name]!;
        const there = peers?.[name];
        return [
          title,
          there ? peer : `${peer}: could not be had`,
          here.value.toPrecision(6),
          there ? there.value.toPrecision(6) : '',
          (1000 * here.seconds).toFixed(1),
          there ? (1000 * there.seconds).toFixed(1) : '',
          there ? `${(there.seconds / here.seconds).toFixed(2)} ×` : '',
        ];
      }),
    ),
    '',
    ...(await cheapMeasures()),
  ],
  write: options.write,
});

function differenceOf(here: number, there: number): number {
  return Math.abs(here - there) / (Math.abs(there) || 1);
}

function measurePeers(): Record<string, { value: number; seconds: number }> | null {
  const environment = pythonEnvironment('measures', [
    'numpy',
    'scipy',
    'scikit-learn',
    'scikit-dimension',
    'ripser',
    'powerlaw',
    'rsatoolbox',
    'antropy',
    'shapiq',
  ]);
  if (environment === null) return null;
  const folder = mkdtempSync(join(tmpdir(), 'fathom-bench-measures-'));
  try {
    const shapes: Record<string, number[]> = {};
    for (const [name, { data, shape }] of Object.entries(arrays)) {
      writeFileSync(join(folder, `${name}.f32`), data);
      shapes[name] = shape;
    }
    writeFileSync(join(folder, 'shapes.json'), JSON.stringify(shapes));
    const script = join(root, 'scripts', 'bench', 'measures', 'with_packages.py');
    const { status, stdout, stderr } = spawnSync(
      pythonOf(environment),
      [script, folder, String(rounds)],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`${script} ended with ${status}:\n${stderr}`);
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<
      string,
      { value: number; seconds: number }
    >;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
