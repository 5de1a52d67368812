/**
 * Multi-order interactions: in how large a company two patches of an image work together. I⁽ᵐ⁾(i, j) is the mean, over sets S
 * of m other patches, of v(S ∪ {i, j}) − v(S ∪ {i}) − v(S ∪ {j}) + v(S), with v(S) = log p / (1 − p) of the true class when only
 * the patches of S are shown; J⁽ᵐ⁾ is the mean of |I⁽ᵐ⁾| over images and pairs, divided by its mean over orders (H. Deng,
 * Q. Ren, H. Zhang and Q. Zhang, "Discovering and explaining the representation bottleneck of DNNs", ICLR 2022).
 *
 * The value is the mean order, Σ m J⁽ᵐ⁾ / Σ J⁽ᵐ⁾, as a share of the n − 2 other patches: 0 when pairs work alone, 1 when only
 * in the whole image. Up to 9 patches all 2ⁿ images are looked at, and nothing is sampled but images. With more, sets are
 * sampled, and the mean of few sets has a larger |I| than the mean of all: J is then too high where I varies most.
 */
import { random } from '../tensor/index.js';
import { pairInteractions, efficiencyError } from '../stats/index.js';
import { RefusedError } from './errors.js';
import { missingClasses, needImages } from './logits.js';
import type { Measure, Subject } from './measure.js';
import { logOdds, patchesOf } from './patches.js';
import { reading } from './reading.js';
import { jackknife } from './spectrum.js';

type Options = {
  grid: number;
  images: number;
  pairs: number;
  contexts: number;
  orders: number;
  baseline: 'mean' | 'zero';
  level: number;
};

/** Up to so many patches every coalition is looked at. */
const MOST_EXACT = 9;

/** Strengths of one image: the mean of |I⁽ᵐ⁾| over pairs for each order, and what efficiency leaves over. */
interface Found {
  readonly strengths: readonly number[];
  readonly error: number;
  readonly scale: number;
}

export const interactionOrder: Measure<Options> = {
  name: 'interaction-order',
  version: 1,
  title: 'Interaction order',
  question: 'In how large a part of the image do two patches work together?',
  unit: 'share of the other patches',
  range: [0, 1],
  cost: 'minutes',
  needs: ['logits', 'labels'],
  reference: 'deng2022',
  defaults: {
    grid: 3,
    images: 40,
    pairs: 30,
    contexts: 30,
    orders: 9,
    baseline: 'mean',
    level: 0.95,
  },
  options: {
    grid: {
      about: 'Patches a side: 2 and 3 are exact, more are sampled.',
      low: 2,
      high: 32,
      integer: true,
    },
    images: { about: 'Most held-out images that are used.', low: 3, integer: true },
    pairs: { about: 'Pairs of patches an image, where they are sampled.', low: 1, integer: true },
    contexts: {
      about: 'Sets of other patches for each pair and order, where they are sampled.',
      low: 1,
      integer: true,
    },
    orders: {
      about: 'Orders that are looked at where they are sampled, evenly spaced from 0 to n − 2.',
      low: 2,
      integer: true,
    },
    baseline: {
      about: 'What a hidden patch shows: the mean of the held-out images there, or zeros.',
      choices: ['mean', 'zero'],
    },
    level: { about: 'Level of the jackknife intervals over images.', low: 0.5, high: 0.9999 },
  },
  refuses({ graph }, { grid }) {
    const [height, width] = graph.input;
    if (graph.input.length !== 3) return 'the input is no image';
    return Math.min(height!, width!) < grid
      ? `images of ${height} × ${width} have no ${grid} × ${grid} patches`
      : null;
  },
  async read(subject, options) {
    const { test, graph, seed } = subject;
    needImages('interaction-order', test, 'held-out', 3);
    const count = Math.min(options.images, test.shape[0]);
    const players = options.grid ** 2;
    const exact = players <= MOST_EXACT;
    const most = players - 2;
    const orders = exact
      ? Array.from({ length: players - 1 }, (_, m) => m)
      : spaced(most, Math.min(options.orders, most + 1));
    const look = looker(subject, options);
    const found: Found[] = [];
    for (let image = 0; image < count; image++) {
      found.push(
        exact
          ? all(look(image), players)
          : sampled(look(image), players, orders, options, random(seed, 'contexts', image)),
      );
    }
    const sums = orders.map((_, k) => found.reduce((sum, { strengths }) => sum + strengths[k]!, 0));
    const total = sums.reduce((sum, value) => sum + value, 0);
    const scale = Math.max(...found.map((each) => each.scale));
    if (!(total / count > scale * 2 ** -18)) {
      throw new RefusedError(
        interactionOrder.name,
        `${graph.nodes.at(-1)!.name} gives the same whatever is shown, or patches add up without working together`,
      );
    }
    const mean = (strengths: readonly number[]) => {
      const weight = strengths.reduce((sum, value) => sum + value, 0);
      return (
        strengths.reduce((sum, value, k) => sum + value * orders[k]!, 0) / (weight * most || 1)
      );
    };
    const share = (strengths: readonly number[], k: number) =>
      (strengths[k]! * strengths.length) / strengths.reduce((sum, value) => sum + value, 0);
    /** A statistic of the summed strengths with its interval, on a logarithmic scale where it is above 0. */
    const withInterval = (of: (strengths: readonly number[]) => number, method: string) => {
      const value = of(sums);
      const changes = Float64Array.from(found, ({ strengths }) => {
        const rest = of(sums.map((sum, k) => sum - strengths[k]!));
        return value > 0 && rest > 0 ? Math.log(rest / value) : 0;
      });
      return jackknife(value, changes, options.level, method);
    };
    const method = 'jackknife over images';
    const made = withInterval(mean, method);
    return reading(interactionOrder, options, {
      value: made.value,
      interval: made.interval && { ...made.interval, high: Math.min(1, made.interval.high) },
      saturation: 1,
      extra: {
        patches: players,
        exact,
        orders,
        /** J⁽ᵐ⁾: 1 on average over orders. */
        strength: orders.map((order, k) => ({
          order,
          ...withInterval((strengths) => share(strengths, k), method),
        })),
        images: count,
        evaluations: exact ? count * 2 ** players : null,
        /** Largest part of log-odds that the efficiency identity leaves over; rounding where all coalitions are seen. */
        efficiencyError: exact ? Math.max(...found.map(({ error }) => Math.abs(error))) : null,
      },
      notes: [
        ...missingClasses({ ...test, labels: test.labels.subarray(0, count) }, 'used'),
        ...(exact
          ? []
          : ['sets of patches are sampled: J is too high where interactions vary most']),
      ],
    });
  },
};

/** Values of sets of patches of an image. */
type Look = (shown: readonly ((patch: number) => boolean)[]) => Float64Array;

function looker({ graph, test }: Subject, { grid, baseline }: Options): (image: number) => Look {
  const [count, height, width, channels] = test.shape;
  const size = height * width * channels;
  const base = new Float32Array(size);
  if (baseline === 'mean') {
    for (let i = 0; i < test.images.length; i++) base[i % size]! += test.images[i]! / count;
  }
  const patches = patchesOf(height, width, grid);
  return (image) => {
    const pixels = test.images.subarray(image * size, (image + 1) * size);
    const label = test.labels[image]!;
    return (shown) => logOdds(graph, pixels, base, patches, label, shown);
  };
}

/** Every coalition of an image's patches. */
function all(look: Look, players: number): Found {
  const game = look(
    Array.from({ length: 2 ** players }, (_, s) => (patch: number) => ((s >> patch) & 1) === 1),
  );
  const pairs = pairInteractions(game);
  return {
    strengths: Array.from(
      { length: players - 1 },
      (_, m) => pairs.reduce((sum, { byOrder }) => sum + Math.abs(byOrder[m]!), 0) / pairs.length,
    ),
    error: efficiencyError(game, pairs),
    scale: Math.max(...game.map(Math.abs)),
  };
}

/** Some pairs, and for each order some sets of other patches. */
function sampled(
  look: Look,
  players: number,
  orders: readonly number[],
  { pairs, contexts }: Options,
  generator: ReturnType<typeof random>,
): Found {
  const strengths = orders.map(() => 0);
  let scale = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const order = generator.permutation(players);
    const [i, j] = [order[0]!, order[1]!];
    const others = order.slice(2);
    for (const [k, size] of orders.entries()) {
      const shown: ((patch: number) => boolean)[] = [];
      for (let c = 0; c < contexts; c++) {
        const set = new Set(generator.shuffle(others.slice()).subarray(0, size));
        shown.push(
          (patch) => patch === i || patch === j || set.has(patch),
          (patch) => patch === i || set.has(patch),
          (patch) => patch === j || set.has(patch),
          (patch) => set.has(patch),
        );
      }
      const values = look(shown);
      let sum = 0;
      for (let c = 0; c < values.length; c += 4) {
        sum += values[c]! - values[c + 1]! - values[c + 2]! + values[c + 3]!;
      }
      strengths[k]! += Math.abs(sum / contexts) / pairs;
      for (const value of values) scale = Math.max(scale, Math.abs(value));
    }
  }
  return { strengths, error: 0, scale };
}

/** Whole numbers from 0 to `most`, evenly spaced. */
function spaced(most: number, count: number): number[] {
  return [
    ...new Set(Array.from({ length: count }, (_, k) => Math.round((k * most) / (count - 1)))),
  ];
}
