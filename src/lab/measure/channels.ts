/** Activations as channels: a channel of a convolution is one unit that looks everywhere, a dense unit is a channel of its own. */
import type { Activations } from './measure.js';

/** Largest and mean activation of each channel for each image, `images × channels`. */
export function channelSummary({ data, shape }: Activations): {
  channels: number;
  largest: Float32Array;
  mean: Float32Array;
} {
  const channels = shape.at(-1)!;
  const images = shape[0]!;
  const places = data.length / images / channels;
  const largest = new Float32Array(images * channels).fill(-Infinity);
  const mean = new Float32Array(images * channels);
  for (let i = 0, at = 0; i < images; i++) {
    for (let place = 0; place < places; place++) {
      for (let c = 0; c < channels; c++, at++) {
        const value = data[at]!;
        const to = i * channels + c;
        if (value > largest[to]!) largest[to] = value;
        mean[to]! += value / places;
      }
    }
  }
  return { channels, largest, mean };
}

/** Whether each channel ever changes, over images and positions. */
export function liveChannels({ data, shape }: Activations): boolean[] {
  const channels = shape.at(-1)!;
  const live = new Array<boolean>(channels).fill(false);
  for (let at = channels; at < data.length; at++) {
    const c = at % channels;
    if (data[at] !== data[c]) live[c] = true;
  }
  return live;
}
