/**
 * What the WebAssembly backend of tfjs 4.22 lacks to train convolutional nets, does too slowly, or gets wrong: gradients of
 * convolutions, written as convolutions, and gradients of pooling, written as loops over the backend's memory.
 */
import { tf } from './library.js';

type Tensor = tf.Tensor;
type Tensor4D = tf.Tensor4D;

interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: 'float32'): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
}

type Shape4D = [number, number, number, number];

interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: 'same' | 'valid' | number | number[][];
  dataFormat: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface PoolingAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: 'same' | 'valid' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Kernel = ReturnType<typeof tf.getKernel>;

/** Registers our kernels, in place of the backend's own where it has one. Call once, after the backend runs. */
export function registerWasmKernels(): void {
  replace('Conv2DBackpropFilter', () => ({ inputs, attrs }) => {
    const attributes = attrs as unknown as ConvolutionAttributes & { filterShape: Shape4D };
    return filterGradient(inputs.x as Tensor4D, inputs.dy as Tensor4D, attributes);
  });
  replace('Conv2DBackpropInput', (own) => (call) => {
    const attributes = call.attrs as unknown as ConvolutionAttributes & { inputShape: Shape4D };
    const [strideY, strideX] = pair(attributes.strides);
    if (strideY !== 1 || strideX !== 1 || attributes.dataFormat !== 'NHWC') {
      return own!.kernelFunc(call);
    }
    // The backend's own is a scalar loop, several times as slow as a convolution.
    return inputGradient(call.inputs.dy as Tensor4D, call.inputs.filter as Tensor4D, attributes);
  });
  replace('Conv2D', (own) => (call) => {
    const attributes = call.attrs as unknown as ConvolutionAttributes & { dilations?: number };
    const { x, filter } = call.inputs;
    if (attributes.pad !== 'same' || attributes.dataFormat !== 'NHWC') return own!.kernelFunc(call);
    // With `same` padding and a kernel smaller than its stride the backend returns zeros.
    const { padInfo } = tf.backend_util.computeConv2DInfo(
      x!.shape as Shape4D,
      filter!.shape as Shape4D,
      attributes.strides,
      attributes.dilations ?? 1,
      'same',
    );
    const pad = [
      [0, 0],
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
      [0, 0],
    ];
    return own!.kernelFunc({ ...call, attrs: { ...call.attrs, pad } });
  });
  // The backend's own pooling gradients drop windows at the border, and average over padding that the value leaves out.
  replace('MaxPoolGrad', () => ({ inputs, attrs }) => {
    const windows = poolWindows(inputs.input as Tensor4D, attrs as unknown as PoolingAttributes);
    return maxPoolGradient(inputs.dy as Tensor4D, inputs.input as Tensor4D, windows);
  });
  replace('AvgPoolGrad', () => ({ inputs, attrs }) => {
    const windows = poolWindows(inputs.input as Tensor4D, attrs as unknown as PoolingAttributes);
    return averagePoolGradient(inputs.dy as Tensor4D, inputs.input as Tensor4D, windows);
  });
}

function replace(
  kernelName: string,
  make: (own: Kernel | undefined) => tf.KernelConfig['kernelFunc'],
): void {
  const own = tf.getKernel(kernelName, 'wasm') as Kernel | undefined;
  if (own) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ ...own, kernelName, backendName: 'wasm', kernelFunc: make(own) });
}

function pair(value: number | [number, number]): [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/**
 * Gradient of a convolution with respect to its filter, as a convolution: batch takes the place of the channels, the output
 * gradient that of the filter, and the stride becomes a dilation.
 */
function filterGradient(
  x: Tensor4D,
  dy: Tensor4D,
  attributes: ConvolutionAttributes & { filterShape: Shape4D },
): Tensor {
  const { filterShape, pad, dimRoundingMode, dataFormat } = attributes;
  if (dataFormat !== 'NHWC') throw new Error('the WebAssembly backend trains NHWC nets only');
  const strides = pair(attributes.strides);
  const { padInfo, outHeight, outWidth } = tf.backend_util.computeConv2DInfo(
    x.shape,
    filterShape,
    strides,
    1,
    pad as 'same',
    dimRoundingMode,
  );
  return tf.tidy(() => {
    // Exactly the rows and columns that the filter met: zeros added where it hung over, the unread rest left out.
    const height = (outHeight - 1) * strides[0] + filterShape[0];
    const width = (outWidth - 1) * strides[1] + filterShape[1];
    const padded = tf
      .pad(x, [
        [0, 0],
        [padInfo.top, Math.max(0, height - padInfo.top - x.shape[1])],
        [padInfo.left, Math.max(0, width - padInfo.left - x.shape[2])],
        [0, 0],
      ])
      .slice([0, 0, 0, 0], [x.shape[0], height, width, x.shape[3]]);
    const images = tf.transpose(padded, [3, 1, 2, 0]) as Tensor4D;
    const filter = tf.transpose(dy, [1, 2, 0, 3]) as Tensor4D;
    const gradient = tf.conv2d(images, filter, 1, 'valid', 'NHWC', strides);
    return tf.transpose(gradient, [1, 2, 0, 3]);
  });
}

/** Gradient of a convolution of stride 1 with respect to its input: a convolution with the filter turned round. */
function inputGradient(
  dy: Tensor4D,
  filter: Tensor4D,
  attributes: ConvolutionAttributes & { inputShape: Shape4D },
): Tensor {
  const { inputShape, pad, dimRoundingMode } = attributes;
  const { padInfo } = tf.backend_util.computeConv2DInfo(
    inputShape,
    filter.shape,
    1,
    1,
    pad as 'same',
    dimRoundingMode,
  );
  return tf.tidy(() => {
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as Tensor4D;
    return tf.conv2d(
      dy,
      turned,
      1,
      [
        [0, 0],
        [filter.shape[0] - 1 - padInfo.top, filter.shape[0] - 1 - padInfo.bottom],
        [filter.shape[1] - 1 - padInfo.left, filter.shape[1] - 1 - padInfo.right],
        [0, 0],
      ],
      'NHWC',
    );
  });
}

/** Rows and columns that each output of a pooling sees, clipped to the image. */
interface PoolWindows {
  readonly rows: readonly (readonly [from: number, to: number])[];
  readonly columns: readonly (readonly [from: number, to: number])[];
}

function poolWindows(x: Tensor4D, attributes: PoolingAttributes): PoolWindows {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const info = tf.backend_util.computePool2DInfo(
    x.shape,
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const spans = (count: number, stride: number, before: number, size: number, limit: number) =>
    Array.from({ length: count }, (_, i): [number, number] => {
      const from = i * stride - before;
      return [Math.max(0, from), Math.min(limit, from + size)];
    });
  const { padInfo } = info;
  return {
    rows: spans(info.outHeight, info.strideHeight, padInfo.top, info.filterHeight, info.inHeight),
    columns: spans(info.outWidth, info.strideWidth, padInfo.left, info.filterWidth, info.inWidth),
  };
}

/** The gradient goes to the first of the largest values in each window, as in TensorFlow. */
function maxPoolGradient(dy: Tensor4D, x: Tensor4D, { rows, columns }: PoolWindows): Tensor {
  const memory = wasmMemory();
  const [batch, height, width, channels] = x.shape;
  const dx = memory.output(x.shape);
  const [result, slope, input] = [memory.view(dx).fill(0), memory.view(dy), memory.view(x)];
  let next = 0;
  for (let image = 0; image < batch; image++) {
    const start = image * height * width * channels;
    for (const [top, bottom] of rows) {
      for (const [left, right] of columns) {
        for (let c = 0; c < channels; c++) {
          let best = start + (top * width + left) * channels + c;
          for (let y = top; y < bottom; y++) {
            for (let column = left; column < right; column++) {
              const at = start + (y * width + column) * channels + c;
              if (input[at]! > input[best]!) best = at;
            }
          }
          result[best]! += slope[next++]!;
        }
      }
    }
  }
  return dx;
}

/** The gradient is shared among the values of the window; padding is not one of them. */
function averagePoolGradient(dy: Tensor4D, x: Tensor4D, { rows, columns }: PoolWindows): Tensor {
  const memory = wasmMemory();
  const [batch, height, width, channels] = x.shape;
  const dx = memory.output(x.shape);
  const [result, slope] = [memory.view(dx).fill(0), memory.view(dy)];
  let next = 0;
  for (let image = 0; image < batch; image++) {
    const start = image * height * width * channels;
    for (const [top, bottom] of rows) {
      for (const [left, right] of columns) {
        const share = 1 / ((bottom - top) * (right - left));
        for (let c = 0; c < channels; c++) {
          const part = slope[next++]! * share;
          for (let y = top; y < bottom; y++) {
            for (let column = left; column < right; column++) {
              result[start + (y * width + column) * channels + c]! += part;
            }
          }
        }
      }
    }
  }
  return dx;
}

/** Loops over the backend's memory. Outputs are made first: making one may move the memory. */
export function wasmMemory(): {
  output(shape: readonly number[]): Tensor;
  view(tensor: Tensor): Float32Array;
} {
  const backend = tf.backend() as unknown as WasmBackend;
  return {
    output: (shape) => tf.engine().makeTensorFromTensorInfo(backend.makeOutput(shape, 'float32')),
    view: (tensor) => backend.typedArrayFromHeap(tensor),
  };
}
