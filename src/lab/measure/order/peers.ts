/** Nets that are trained on the same images from other seeds, to ask what they know too. */
import type { Dataset } from '../../data/dataset.js';
import { buildNet, graphOf } from '../../nets/index.js';
import { recipe } from '../../train/recipe.js';
import { train } from '../../train/train.js';
import { sampleLayer } from './sample.js';
import type { Peer } from './reliability.js';

export interface PeerOptions {
  readonly count: number;
  readonly depth: number;
  readonly width: number;
  readonly epochs: number;
}

/** The last peers trained: the nets of a study share their images. */
let last: { readonly key: string; readonly peers: Promise<Peer[]> } | null = null;

/**
 * The last hidden features of residual nets trained on `training`, for the first `count` images of `held`. The same images and
 * options give the same nets whatever net is measured: they are trained once.
 */
export function peersFor(
  training: Dataset,
  held: Dataset,
  images: number,
  options: PeerOptions,
): Promise<Peer[]> {
  const key = JSON.stringify([training.digest, held.digest, images, options]);
  if (last?.key !== key) {
    const peers = trainPeers(training, held, images, options);
    last = { key, peers };
    peers.catch(() => {
      last = null;
    });
  }
  return last.peers;
}

async function trainPeers(
  training: Dataset,
  held: Dataset,
  images: number,
  { count, depth, width, epochs }: PeerOptions,
): Promise<Peer[]> {
  const [, ...input] = held.shape;
  const size = input.reduce((product, axis) => product * axis, 1);
  const peers: Peer[] = [];
  for (let index = 0; index < count; index++) {
    // Seeds of their own, so that no peer is the net that is measured.
    const seed = 1_000_003 + index;
    const net = buildNet({
      family: 'residual',
      depth,
      width,
      input: input as [number, number, number],
      classes: training.classes.length,
      seed,
    });
    const rules = recipe({
      schedule: { name: 'cosine' },
      warmupSteps: 20,
      stop: { epochs },
      seed,
    });
    await train(net, { train: training, test: held }, rules);
    peers.push(
      sampleLayer(graphOf(net), 'pool', held.images.subarray(0, images * size), images, 4096, 0)
        .values,
    );
    net.dispose();
  }
  return peers;
}
