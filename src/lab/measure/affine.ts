/**
 * The affine operations of a net on plain arrays in double precision, and on TensorFlow in single: what exact region counts
 * push the pieces of a function through. Batch normalisation at inference is affine and is folded into the layer before it.
 */
import type { Graph, Node, Padding } from '../nets/graph.js';
import { sizeOf } from '../nets/index.js';
import { tf } from '../tensor/index.js';

export type Numbers = Float32Array | Float64Array;

/** One operation of the net. `inputs` and `output` are node indices; a folded operation writes the output of the last. */
export type Step =
  | AffineStep
  | {
      readonly kind: 'relu';
      readonly name: string;
      readonly inputs: readonly number[];
      readonly output: number;
      readonly size: number;
    }
  | {
      readonly kind: 'max';
      readonly name: string;
      readonly inputs: readonly number[];
      readonly output: number;
      readonly size: number;
      readonly windows: Windows;
    };

interface AffineStep {
  readonly kind: 'affine';
  readonly inputs: readonly number[];
  readonly output: number;
  /** Rows of inputs (one array a node) → rows of outputs, with the constant part only if `constant` is set. */
  apply(inputs: readonly Numbers[], rows: number, constant: boolean): Numbers;
}

/** Which inputs each output of a pooling looks at: `members[starts[u]] … members[starts[u + 1] − 1]`. */
export interface Windows {
  readonly starts: Int32Array;
  readonly members: Int32Array;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Index of the last node. */
  readonly output: number;
  /** Number of values of each node. */
  readonly sizes: readonly number[];
  /** ReLU units of the net. */
  readonly neurons: number;
  dispose(): void;
}

/**
 * The steps of a graph.
 *
 * @param precision `double`: plain arrays. `single`: convolutions and dense layers run in TensorFlow on float32.
 */
export function planOf(graph: Graph, precision: 'single' | 'double'): Plan {
  const { nodes } = graph;
  const readers = nodes.map(() => 0);
  for (const node of nodes) for (const input of node.inputs) readers[input]! += 1;
  const sizes = nodes.map(({ shape }) => sizeOf(shape));
  const steps: Step[] = [];
  const kernels: tf.Tensor[] = [];
  const folded = new Set<number>();
  for (const [index, node] of nodes.entries()) {
    if (folded.has(index) || node.op === 'input') continue;
    const { name, inputs } = node;
    const size = sizes[index]!;
    const shape = nodes[inputs[0]!]!.shape;
    switch (node.op) {
      case 'relu':
        steps.push({ kind: 'relu', name, inputs, output: index, size });
        break;
      case 'maxPool':
        steps.push({
          kind: 'max',
          name,
          inputs,
          output: index,
          size,
          windows: windowsOf(node, shape),
        });
        break;
      case 'conv2d':
      case 'dense': {
        let output = index;
        let kernel = Float64Array.from(node.kernel.dataSync());
        const channels = node.shape.at(-1)!;
        let bias = node.bias ? Float64Array.from(node.bias.dataSync()) : new Float64Array(channels);
        const next = nodes.findIndex((reader) => reader.inputs.includes(index));
        const after = nodes[next];
        if (after?.op === 'batchNorm' && readers[index] === 1) {
          const { scale, shift } = scaleOf(after, channels);
          kernel = kernel.map((weight, i) => weight * scale[i % channels]!);
          bias = bias.map((value, c) => value * scale[c]! + shift[c]!);
          folded.add(next);
          output = next;
        }
        const apply =
          node.op === 'dense' ? dense(kernel, bias) : convolution(node, shape, kernel, bias);
        if (precision === 'double') {
          steps.push({ kind: 'affine', inputs, output, apply });
          break;
        }
        const { op } = node;
        const weights = tf.tensor(Float32Array.from(kernel), node.kernel.shape);
        kernels.push(weights);
        steps.push({
          kind: 'affine',
          inputs,
          output,
          apply(given, rows, constant) {
            // The constant part is asked for once, at the start of a segment: there it is worth double precision.
            if (constant) return apply(given, rows, true);
            // An array returned from a tidy would be searched for tensors, number by number.
            const made = tf.tidy(() => {
              const x = tf.tensor(given[0] as Float32Array, [rows, ...shape]);
              const y =
                op === 'dense'
                  ? tf.matMul(x as tf.Tensor2D, weights as tf.Tensor2D)
                  : tf.conv2d(
                      x as tf.Tensor4D,
                      weights as tf.Tensor4D,
                      node.strides as [number, number],
                      node.padding,
                    );
              return y;
            });
            const values = made.dataSync<'float32'>();
            made.dispose();
            return values;
          },
        });
        break;
      }
      case 'batchNorm': {
        const { scale, shift } = scaleOf(node, node.shape.at(-1)!);
        steps.push({ kind: 'affine', inputs, output: index, apply: scaling(scale, shift) });
        break;
      }
      case 'add':
        steps.push({ kind: 'affine', inputs, output: index, apply: sum });
        break;
      case 'averagePool':
        steps.push({
          kind: 'affine',
          inputs,
          output: index,
          apply: averages(windowsOf(node, shape), sizeOf(shape)),
        });
        break;
      case 'globalAveragePool':
        steps.push({
          kind: 'affine',
          inputs,
          output: index,
          apply: averages(everywhere(shape), sizeOf(shape)),
        });
        break;
      case 'flatten':
        steps.push({ kind: 'affine', inputs, output: index, apply: ([x]) => x! });
        break;
      default:
        throw new Error(`no piecewise-linear rule for ${(node as Node).op}`);
    }
  }
  const neurons = steps.reduce((all, step) => all + (step.kind === 'relu' ? step.size : 0), 0);
  const dispose = () => tf.dispose(kernels);
  return { steps, output: nodes.length - 1, sizes, neurons, dispose };
}

/** Values of all nodes that steps write, at one point, in double precision. */
export function evaluate(plan: Plan, point: Numbers): Map<number, Float64Array> {
  const values = new Map<number, Float64Array>([[0, Float64Array.from(point)]]);
  for (const step of plan.steps) {
    const inputs = step.inputs.map((input) => values.get(input)!);
    const x = inputs[0]!;
    if (step.kind === 'relu') {
      values.set(
        step.output,
        x.map((value) => (value > 0 ? value : 0)),
      );
    } else if (step.kind === 'max') {
      const { starts, members } = step.windows;
      values.set(
        step.output,
        Float64Array.from({ length: step.size }, (_, unit) => {
          let largest = -Infinity;
          for (let i = starts[unit]!; i < starts[unit + 1]!; i++) {
            largest = Math.max(largest, x[members[i]!]!);
          }
          return largest;
        }),
      );
    } else {
      const made = step.apply(inputs, 1, true);
      values.set(step.output, made instanceof Float64Array ? made : Float64Array.from(made));
    }
  }
  return values;
}

type Apply = AffineStep['apply'];

/** An array of the same precision as the given one. */
export function like(example: Numbers, length: number): Numbers {
  return example instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

function dense(kernel: Float64Array, bias: Float64Array): Apply {
  const outputs = bias.length;
  const inputs = kernel.length / outputs;
  return ([x], rows, constant) => {
    const y = new Float64Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      const to = y.subarray(row * outputs, (row + 1) * outputs);
      if (constant) to.set(bias);
      for (let i = 0; i < inputs; i++) {
        const value = x![row * inputs + i]!;
        if (value === 0) continue;
        const from = i * outputs;
        for (let o = 0; o < outputs; o++) to[o]! += value * kernel[from + o]!;
      }
    }
    return y;
  };
}

function convolution(
  node: Node & { op: 'conv2d' },
  shape: readonly number[],
  kernel: Float64Array,
  bias: Float64Array,
): Apply {
  const [height, width, channels] = shape as [number, number, number];
  const [rowsOut, columnsOut, outputs] = node.shape as [number, number, number];
  const [kernelRows, kernelColumns] = node.kernel.shape as [number, number];
  const [strideY, strideX] = node.strides;
  const top = padBefore(node.padding, height, rowsOut, kernelRows, strideY);
  const left = padBefore(node.padding, width, columnsOut, kernelColumns, strideX);
  return ([x], rows, constant) => {
    const y = new Float64Array(rows * rowsOut * columnsOut * outputs);
    for (let row = 0, to = 0; row < rows; row++) {
      const image = row * height * width * channels;
      for (let oy = 0; oy < rowsOut; oy++) {
        for (let ox = 0; ox < columnsOut; ox++, to += outputs) {
          if (constant) y.set(bias, to);
          for (let ky = 0; ky < kernelRows; ky++) {
            const iy = oy * strideY + ky - top;
            if (iy < 0 || iy >= height) continue;
            for (let kx = 0; kx < kernelColumns; kx++) {
              const ix = ox * strideX + kx - left;
              if (ix < 0 || ix >= width) continue;
              const from = image + (iy * width + ix) * channels;
              let at = (ky * kernelColumns + kx) * channels * outputs;
              for (let c = 0; c < channels; c++, at += outputs) {
                const value = x![from + c]!;
                if (value === 0) continue;
                for (let o = 0; o < outputs; o++) y[to + o]! += value * kernel[at + o]!;
              }
            }
          }
        }
      }
    }
    return y;
  };
}

function scaling(scale: Float64Array, shift: Float64Array): Apply {
  const channels = scale.length;
  return ([x], _rows, constant) => {
    const y = like(x!, x!.length);
    for (let i = 0; i < y.length; i++) {
      const c = i % channels;
      y[i] = x![i]! * scale[c]! + (constant ? shift[c]! : 0);
    }
    return y;
  };
}

const sum: Apply = (inputs) => {
  const y = inputs[0]!.slice();
  for (const x of inputs.slice(1)) for (let i = 0; i < y.length; i++) y[i]! += x[i]!;
  return y;
};

function averages({ starts, members }: Windows, size: number): Apply {
  const outputs = starts.length - 1;
  return ([x], rows) => {
    const y = like(x!, rows * outputs);
    for (let row = 0; row < rows; row++) {
      const from = row * size;
      for (let unit = 0; unit < outputs; unit++) {
        let total = 0;
        for (let i = starts[unit]!; i < starts[unit + 1]!; i++) total += x![from + members[i]!]!;
        y[row * outputs + unit] = total / (starts[unit + 1]! - starts[unit]!);
      }
    }
    return y;
  };
}

/** γ(x − μ)/√(σ² + ε) + β as scale · x + shift, a channel each. */
function scaleOf(node: Node & { op: 'batchNorm' }, channels: number) {
  const mean = node.mean.dataSync();
  const variance = node.variance.dataSync();
  const gamma = node.gamma?.dataSync();
  const beta = node.beta?.dataSync();
  const scale = new Float64Array(channels);
  const shift = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    scale[c] = (gamma?.[c] ?? 1) / Math.sqrt(variance[c]! + node.epsilon);
    shift[c] = (beta?.[c] ?? 0) - mean[c]! * scale[c]!;
  }
  return { scale, shift };
}

/** Members of each pooling window; positions outside the image belong to none, as in TensorFlow. */
function windowsOf(
  node: Node & { op: 'maxPool' | 'averagePool' },
  shape: readonly number[],
): Windows {
  const [height, width, channels] = shape as [number, number, number];
  const [rows, columns] = node.shape as [number, number, number];
  const top = padBefore(node.padding, height, rows, node.poolSize[0], node.strides[0]);
  const left = padBefore(node.padding, width, columns, node.poolSize[1], node.strides[1]);
  const starts = [0];
  const members: number[] = [];
  for (let oy = 0; oy < rows; oy++) {
    for (let ox = 0; ox < columns; ox++) {
      for (let c = 0; c < channels; c++) {
        for (let ky = 0; ky < node.poolSize[0]; ky++) {
          const iy = oy * node.strides[0] + ky - top;
          if (iy < 0 || iy >= height) continue;
          for (let kx = 0; kx < node.poolSize[1]; kx++) {
            const ix = ox * node.strides[1] + kx - left;
            if (ix >= 0 && ix < width) members.push((iy * width + ix) * channels + c);
          }
        }
        starts.push(members.length);
      }
    }
  }
  return { starts: Int32Array.from(starts), members: Int32Array.from(members) };
}

/** One window a channel: all positions. */
function everywhere(shape: readonly number[]): Windows {
  const channels = shape.at(-1)!;
  const places = sizeOf(shape) / channels;
  return {
    starts: Int32Array.from({ length: channels + 1 }, (_, c) => c * places),
    members: Int32Array.from(
      { length: channels * places },
      (_, i) => (i % places) * channels + Math.floor(i / places),
    ),
  };
}

function padBefore(
  padding: Padding,
  size: number,
  out: number,
  kernel: number,
  stride: number,
): number {
  if (padding === 'valid') return 0;
  return Math.floor(Math.max(0, (out - 1) * stride + kernel - size) / 2);
}
