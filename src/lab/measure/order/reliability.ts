/**
 * What independently trained nets also know: the part of a function that each of them carries linearly in its own features.
 *
 * J. Ren et al. 2021 learn nets from the image to a feature that three nets share, and average over maps back. Here the shared
 * part is found in closed form: the function is projected on what the first net's features give linearly, and the result on
 * what the second's give; over all orders of the nets the results are averaged. Maps are fitted on one half of the images and
 * used on the other.
 */
import { less, type Rows, varianceOf } from './components.js';
import { readout } from './readout.js';

/** Features of an independently trained net on the same images, `count × width`. */
export type Peer = Float32Array;

/**
 * The share of the variance of `rows` that all peers carry, 0 to 1; null for a function without variance.
 *
 * @throws RangeError without peers.
 */
export function reliability(rows: Rows, peers: readonly Peer[], count: number): number | null {
  if (peers.length === 0) throw new RangeError('reliability needs at least one other net');
  const variance = varianceOf(rows, count);
  if (!(variance > 0)) return null;
  const shared = new Float64Array(rows.length);
  const ways = turns(peers);
  for (const way of ways) {
    let part = Float64Array.from(rows);
    for (const peer of way) {
      part = Float64Array.from(readout(peer, part, count, (row) => (row % 2) as 0 | 1).crossed);
    }
    for (let i = 0; i < shared.length; i++) shared[i]! += part[i]! / ways.length;
  }
  return Math.min(1, Math.max(0, 1 - varianceOf(less(rows, shared), count) / variance));
}

/** The peers beginning with each in turn. */
function turns(peers: readonly Peer[]): Peer[][] {
  return peers.map((_, first) => [...peers.slice(first), ...peers.slice(0, first)]);
}
