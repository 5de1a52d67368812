/**
 * What the WebAssembly backend lacks to train convolutional nets, or does too slowly: gradients of convolutions, written as
 * convolutions, and the fused primitives of `operations.ts`, written as loops over the backend's memory.
 */
import { tf } from './library.js';

type Tensor = tf.Tensor;
type Tensor4D = tf.Tensor4D;

interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: 'float32'): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
}

interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: 'same' | 'valid' | number | number[][];
  dataFormat: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Registers the convolution gradients. Call once, after the backend runs. */
export function registerWasmKernels(): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm') == null) {
    tf.registerKernel({
      kernelName: 'Conv2DBackpropFilter',
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) =>
        filterGradient(
          inputs.x as Tensor4D,
          inputs.dy as Tensor4D,
          attrs as unknown as ConvolutionAttributes & {
            filterShape: [number, number, number, number];
          },
        ),
    });
  }
  const scalar = tf.getKernel('Conv2DBackpropInput', 'wasm');
  tf.unregisterKernel('Conv2DBackpropInput', 'wasm');
  tf.registerKernel({
    ...scalar,
    kernelFunc: (call) => {
      const attributes = call.attrs as unknown as ConvolutionAttributes & {
        inputShape: [number, number, number, number];
      };
      const [strideY, strideX] = pair(attributes.strides);
      if (strideY !== 1 || strideX !== 1 || attributes.dataFormat !== 'NHWC') {
        return scalar.kernelFunc(call);
      }
      return inputGradient(call.inputs.dy as Tensor4D, call.inputs.filter as Tensor4D, attributes);
    },
  });
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
  attributes: ConvolutionAttributes & { filterShape: [number, number, number, number] },
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
  attributes: ConvolutionAttributes & { inputShape: [number, number, number, number] },
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
