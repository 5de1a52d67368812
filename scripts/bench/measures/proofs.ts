// The proofs of each kind of measure: its tests, run now, and the packages whose numbers they hold it against.
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { root } from '../support/folders.js';

/** One of the fifteen kinds. */
export interface Kind {
  readonly title: string;
  /** Test files below test/lab that belong to it, without their ending. */
  readonly tests: readonly string[];
  /** Titles of tests, in whatever file, that hold it against other numbers: a closed form, an exhaustive count, a package. */
  readonly golden: RegExp;
  readonly forms: string;
  readonly packages: string;
  /** Jobs of the bench that compare value and speed; empty where the package computes no more than the golden values. */
  readonly jobs: readonly string[];
}

const shared = ['golden-net', 'properties', 'bad-subjects'];

export const kinds: readonly Kind[] = [
  {
    title: '1 feature-order spectrum',
    tests: ['order', 'game'],
    golden:
      /scikit-learn|shapiq|recovers the order|shares that they were made|by hand|shares out exactly|is 1 for what other nets/,
    forms: 'planted orders 0, 2, 8, 26; coalitions counted out',
    packages: 'scikit-learn, shapiq; 25 published nets',
    jobs: ['ridge', 'game'],
  },
  {
    title: '2 linear regions',
    tests: ['regions', 'plane'],
    golden:
      /sawtooth|counted directly|upper envelope|region by region|on the families|sampling finds|by hand|folded|pieces of max pooling|TensorFlow does|linear family/,
    forms: 'sawtooth 2^L; every region proved by its sign pattern',
    packages: 'numpy (sampling, 400 nets)',
    jobs: [],
  },
  {
    title: '3 bounds',
    tests: ['bounds'],
    golden: /arrangement|known integers|by the formula|one position is a dense|Montúfar/,
    forms: 'known integers; 255 for 256 by whole count',
    packages: 'exact integers: nothing to differ by',
    jobs: [],
  },
  {
    title: '4 mean field',
    tests: ['mean-field'],
    golden: /adaptive quadrature|σ_w²\/2|derivatives|simulated|shatter/,
    forms: 'χ = σ²w/2 of ReLU; simulation',
    packages: 'scipy (quad, brentq)',
    jobs: ['q_star'],
  },
  {
    title: '5 sensitivity',
    tests: ['jacobian', 'sensitivity'],
    golden:
      /torch|numpy|product of matrices|finite differences|closed form|identity|its norm at every image|dense matrices/,
    forms: 'linear nets; softmax of two classes; dense matrices',
    packages: 'torch (autograd, SVD of unrolled layers), numpy FFT',
    jobs: ['circular'],
  },
  {
    title: '6 dimension',
    tests: ['dimension', 'intrinsic-dimension'],
    golden: /numpy|scikit-dimension|spheres|equal directions|d·N/,
    forms: 'spheres; 2^−i; simplex; dN/(d + N)',
    packages: 'scikit-dimension, scikit-learn, numpy',
    jobs: ['two_nn', 'mle', 'participation'],
  },
  {
    title: '7 probes',
    tests: ['probe', 'prediction-depth'],
    golden: /scikit-learn|one-hot|XOR|is 0 where/,
    forms: 'one-hot 100 %; XOR 50 and 100 %',
    packages: 'scikit-learn (ridge, k-NN)',
    jobs: ['ridge', 'neighbours'],
  },
  {
    title: '8 similarity',
    tests: ['similarity'],
    golden: /torch_cka|rotation|p\/\(n|√\(q/,
    forms: 'p/(n + p); √(q/p)',
    packages: 'torch_cka, rsatoolbox, scipy',
    jobs: ['rsa'],
  },
  {
    title: '9 multi-order interactions',
    tests: ['interactions', 'game'],
    golden: /shapiq|by hand|worked out|exactly where/,
    forms: 'AND, OR, thresholds; all 2ⁿ sets',
    packages: 'shapiq (interaction index)',
    jobs: ['game'],
  },
  {
    title: '10 receptive fields',
    tests: ['sensitivity'],
    golden: /effective receptive field|√\(2L\/3\)|known map|grow with strides/,
    forms: 'σ = √(2L/3)',
    packages: 'torch (autograd)',
    jobs: [],
  },
  {
    title: '11 spectral and simplicity bias',
    tests: ['simplicity'],
    golden: /numpy|antropy|worked examples|is 7 for|Parseval|slow sine/,
    forms: 'constant 7, parity 91; Parseval',
    packages: 'numpy FFT, antropy',
    jobs: ['frequency', 'words'],
  },
  {
    title: '12 norms, margins, flatness',
    tests: ['capacity'],
    golden: /unrolled layers|known values|up and the next down|tells the axes/,
    forms: 'path norm 29.25; Bartlett 24.0278; rescaling',
    packages: 'torch; scipy (Kendall)',
    jobs: [],
  },
  {
    title: '13 loss surface',
    tests: ['hessian', 'loss-surface'],
    golden: /torch's losses|full Hessian|PyHessian|diagonal|permuted copy|all permutations|convex/,
    forms: 'diagonal matrices; a net and its permuted copy',
    packages: 'PyHessian, torch',
    jobs: [],
  },
  {
    title: '14 neural collapse, gating',
    tests: ['neural-collapse', 'gating-entropy'],
    golden: /collapses as|Gaussian kernel|numpy|simplex with|patterns that share|that is known/,
    forms: 'simplex s²(K − 1)²/K; 0, 1 and log₂ n bits',
    packages: 'scikit-learn, torch, numpy (no package of its own on PyPI)',
    jobs: ['collapse', 'gates'],
  },
  {
    title: '15 topology, weight spectra',
    tests: ['topology', 'stable-rank'],
    golden: /ripser|persim|powerlaw|circle|boundary matrices|Marchenko|equal directions/,
    forms: 'circles; ranks of boundary matrices; Marchenko–Pastur',
    packages: 'ripser, persim, powerlaw',
    jobs: ['loops', 'tail'],
  },
];

export interface Passed {
  readonly golden: number;
  readonly goldenOf: number;
  readonly all: number;
  readonly allOf: number;
}

/** Runs the tests of all kinds once, and counts. */
export function proofs(): Map<string, Passed> {
  const compiled = (name: string) =>
    join(root, 'dist', 'test', 'lab', name === 'game' ? 'stats' : 'measure', `${name}.test.js`);
  const files = [...new Set([...kinds.flatMap(({ tests }) => tests), ...shared])];
  const { stdout } = spawnSync(
    process.execPath,
    ['--test', '--test-reporter=junit', ...files.map(compiled)],
    { encoding: 'utf8', maxBuffer: 2 ** 28, cwd: root },
  );
  const cases = [
    ...stdout.matchAll(
      /<testcase name="([^"]*)"[^>]*file="([^"]*)"(\/?)>(\s*<(failure|skipped))?/g,
    ),
  ].map(([, name, file, , , bad]) => ({
    name: name!.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&'),
    file: basename(file!, '.test.js'),
    passed: bad === undefined,
  }));
  return new Map(
    kinds.map(({ title, tests, golden }) => {
      const own = cases.filter(({ file }) => tests.includes(file));
      const held = cases.filter(
        ({ file, name }) => golden.test(name) && (tests.includes(file) || file === 'golden-net'),
      );
      const good = (some: typeof cases) => some.filter(({ passed }) => passed).length;
      return [
        title,
        { golden: good(held), goldenOf: held.length, all: good(own), allOf: own.length },
      ];
    }),
  );
}
