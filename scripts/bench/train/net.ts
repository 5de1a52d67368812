/** The net that all contenders of the training bench train: 3×3 convolutions, batch normalisation, ReLU, one width. */
import type * as TensorFlow from '@tensorflow/tfjs';

export interface Task {
  /** Weighted layers: depth − 1 convolutions and the dense head. */
  readonly depth: number;
  readonly width: number;
  readonly batchSize: number;
  /** Steps before the clock starts, and steps that it measures. */
  readonly warmup: number;
  readonly steps: number;
}

/** What a contender prints, as its last line. */
export interface Result {
  readonly imagesPerSecond: number;
  /** Largest resident memory of the process, MiB. */
  readonly peakMiB: number;
  readonly version: string;
}

export const SIDE = 28;
export const CLASSES = 10;

export function readTask(): Task {
  return JSON.parse(process.argv[2]!) as Task;
}

export function print(imagesPerSecond: number, version: string): void {
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ imagesPerSecond, peakMiB, version } satisfies Result));
}

/** Stock layers; `tf` is the caller's, so that the stock contender never loads this project. */
export function plainNet(tf: typeof TensorFlow, { depth, width }: Task): TensorFlow.Sequential {
  const net = tf.sequential();
  for (let i = 0; i < depth - 1; i++) {
    net.add(
      tf.layers.conv2d({
        ...(i === 0 ? { inputShape: [SIDE, SIDE, 1] } : {}),
        filters: width,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
        kernelInitializer: 'heNormal',
      }),
    );
    net.add(tf.layers.batchNormalization());
    net.add(tf.layers.reLU());
  }
  net.add(tf.layers.globalAveragePooling2d({}));
  net.add(tf.layers.dense({ units: CLASSES }));
  return net;
}

/** Noise and random labels: the time of a step does not depend on what is learned. */
export function noise(count: number): { images: Float32Array; labels: Int32Array } {
  return {
    images: Float32Array.from({ length: count * SIDE * SIDE }, Math.random),
    labels: Int32Array.from({ length: count }, () => Math.floor(Math.random() * CLASSES)),
  };
}
