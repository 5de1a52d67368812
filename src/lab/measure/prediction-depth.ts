/**
 * Prediction depth: the first layer from which on a vote among the k nearest training images, in the space of each layer's
 * activations, says what the net says in the end (R. Baldock, H. Maennel and B. Neyshabur, "Deep learning through the lens of
 * example difficulty", NeurIPS 2021). The depth that a net uses for an image, not the depth that it has. The k-NN probe's
 * accuracy by layer comes with it.
 *
 * A depth is a place in the net from 0 (input) to 1 (logits); the logits are the last layer that votes. An image on which not
 * even that vote agrees with the net has depth 1 and is counted in `extra.never`.
 */
import { mean, meanInterval, proportion } from '../stats/index.js';
import { needImages, predictions } from './logits.js';
import type { Measure, Reading } from './measure.js';
import { nearestNeighbours } from './neighbours.js';
import { layerReading, reading } from './reading.js';

type Options = {
  neighbours: number;
  fitImages: number;
  testImages: number;
  features: number;
  votes: 'labels' | 'predictions';
  level: number;
};

/** Deepest and shallowest images that are named. */
const EXAMPLES = 10;

export const predictionDepth: Measure<Options> = {
  name: 'prediction-depth',
  version: 1,
  title: 'Prediction depth',
  question: 'After how much of the net is its answer to an image settled?',
  unit: 'share of the depth',
  range: [0, 1],
  cost: 'seconds',
  needs: ['activations', 'logits', 'labels', 'training'],
  reference: 'baldock2021',
  defaults: {
    neighbours: 30,
    fitImages: 2000,
    testImages: 500,
    features: 1024,
    votes: 'labels',
    level: 0.95,
  },
  options: {
    neighbours: {
      about: 'Training images that vote on each held-out one.',
      low: 1,
      high: 1000,
      integer: true,
    },
    fitImages: { about: 'Most training images that may vote.', low: 10, integer: true },
    testImages: { about: 'Most held-out images that are voted on.', low: 2, integer: true },
    features: {
      about:
        'Most numbers an image that are compared; wider layers are pooled over positions first.',
      low: 1,
      integer: true,
    },
    votes: {
      about: 'Whether a training image votes for its label or for what the net says of it.',
      choices: ['labels', 'predictions'],
    },
    level: { about: 'Level of the t interval over images.', low: 0.5, high: 0.9999 },
  },
  refuses({ train }, { neighbours, fitImages }) {
    const voters = Math.min(train.shape[0], fitImages);
    return voters < neighbours
      ? `${neighbours} neighbours of ${voters} training images are asked for`
      : null;
  },
  wants: ({ fitImages, testImages, features }) => [
    { set: 'train', count: fitImages, of: { limit: features } },
    { set: 'test', count: testImages, of: { limit: features } },
    { set: 'test', count: Infinity, of: 'logits' },
  ],
  async read(subject, options) {
    const { train, test } = subject;
    needImages('prediction-depth', test, 'held-out', 2);
    const classes = subject.graph.nodes.at(-1)!.shape[0]!;
    const voters = Math.min(options.fitImages, train.shape[0]);
    const asked = Math.min(options.testImages, test.shape[0]);
    const answers = predictions(await subject.logits('test'), classes).subarray(0, asked);
    const ballots =
      options.votes === 'labels'
        ? train.labels
        : predictions(await subject.logits('train'), classes);
    /** Index of the first layer of the unbroken agreement up to the last, by image. */
    const settled = new Int32Array(asked).fill(subject.layers.length);
    const layers: Reading['layers'][number][] = [];
    const agreement: { layer: string; share: number }[] = [];
    for (const [index, layer] of subject.layers.entries()) {
      const reference = await subject.features(layer, 'train', voters, options.features);
      const queries = await subject.features(layer, 'test', asked, options.features);
      const { indices, k } = await nearestNeighbours(
        reference.data,
        queries.data,
        reference.shape[1]!,
        options.neighbours,
      );
      let right = 0;
      let agreed = 0;
      for (let i = 0; i < asked; i++) {
        const vote = majority(indices.subarray(i * k, (i + 1) * k), ballots, classes);
        if (vote === test.labels[i]) right++;
        if (vote === answers[i]) {
          agreed++;
          settled[i] = Math.min(settled[i]!, index);
        } else {
          settled[i] = subject.layers.length;
        }
      }
      layers.push(layerReading(subject, layer, proportion(right, asked, options.level), 1));
      agreement.push({ layer, share: agreed / asked });
    }
    const places = subject.layers.map((layer) => subject.position(layer));
    const depths = Float64Array.from(settled, (index) => places[index] ?? 1);
    const never = settled.reduce((sum, index) => sum + (index === places.length ? 1 : 0), 0);
    const order = [...depths.keys()].sort((a, b) => depths[a]! - depths[b]! || a - b);
    const example = (image: number) => ({
      image,
      depth: depths[image]!,
      label: test.classes[test.labels[image]!]!,
      answer: test.classes[answers[image]!] ?? String(answers[image]),
    });
    const [right, wrong] = [true, false].map((want) =>
      [...depths].filter((_, i) => (answers[i] === test.labels[i]) === want),
    );
    return reading(predictionDepth, options, {
      ...meanInterval(depths, { level: options.level }),
      saturation: 1,
      layers,
      extra: {
        /** What `layers` hold: accuracy of the vote at each layer. */
        layersAre: 'accuracy of the k-NN probe',
        agreement,
        /** Images whose answer is settled at each layer first. */
        histogram: subject.layers.map((layer, index) => ({
          layer,
          images: settled.reduce((sum, each) => sum + (each === index ? 1 : 0), 0),
        })),
        never,
        meanDepthOfRight: right!.length > 0 ? mean(right!) : null,
        meanDepthOfWrong: wrong!.length > 0 ? mean(wrong!) : null,
        deepest: order.slice(-EXAMPLES).reverse().map(example),
        shallowest: order.slice(0, EXAMPLES).map(example),
        depths: Array.from(depths),
      },
      notes:
        never > 0 ? [`on ${never} images not even a vote on the logits agrees with the net`] : [],
    });
  },
};

/** The class with most votes; of equal ones that whose nearest voter is nearest. */
function majority(voters: Int32Array, ballots: Int32Array, classes: number): number {
  const votes = new Int32Array(classes);
  for (const voter of voters) votes[ballots[voter]!]! += 1;
  const most = Math.max(...votes);
  for (const voter of voters) if (votes[ballots[voter]!] === most) return ballots[voter]!;
  throw new RangeError('no voters');
}
