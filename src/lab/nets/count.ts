// Size and cost of a net from its plan, without building it.
import { families } from './families.js';
import { INPUT, type Step } from './plan.js';
import type { NetSpec } from './spec.js';

/** What one layer costs. */
export interface LayerCount {
  readonly name: string;
  readonly op: Step['op'];
  /** Output shape without the batch axis. */
  readonly shape: readonly number[];
  /** Trainable parameters. */
  readonly parameters: number;
  /** Multiply-adds for one image. */
  readonly multiplyAdds: number;
}

/**
 * Trainable parameters of the net: kernels, biases, and the scale and shift of batch normalisation. The moving mean and
 * variance and the constant kernels of shortcuts are not parameters. ResNet-20 for CIFAR-10 has 269,722.
 */
export function parameters(spec: NetSpec): number {
  return layerCounts(spec).reduce((sum, layer) => sum + layer.parameters, 0);
}

/**
 * Multiplications each followed by an addition that one image takes in convolutions and the dense head, taps on the zero
 * padding included, as papers count them; normalisation, activations, pooling, sums and shortcuts are left out.
 * ResNet-56 for CIFAR-10 takes 125.49 million.
 */
export function multiplyAdds(spec: NetSpec): number {
  return layerCounts(spec).reduce((sum, layer) => sum + layer.multiplyAdds, 0);
}

/** Output shape, parameters and multiply-adds of each layer of the plan, in order. */
export function layerCounts(spec: NetSpec): readonly LayerCount[] {
  const shapes = new Map<string, readonly number[]>([[INPUT, spec.input]]);
  return families
    .get(spec.family)
    .plan(spec)
    .map((step) => {
      const count = countStep(step, shapes.get(step.from[0]!)!);
      shapes.set(step.name, count.shape);
      return { name: step.name, op: step.op, ...count };
    });
}

function countStep(step: Step, input: readonly number[]): Omit<LayerCount, 'name' | 'op'> {
  const channels = input.at(-1)!;
  switch (step.op) {
    case 'conv': {
      const shape = strided(input, step.stride, step.filters);
      const kernel = step.kernelSize ** 2 * channels * step.filters;
      return {
        shape,
        parameters: kernel + (step.bias ? step.filters : 0),
        multiplyAdds: kernel * shape[0]! * shape[1]!,
      };
    }
    case 'shortcut':
      return { shape: strided(input, step.stride, step.filters), parameters: 0, multiplyAdds: 0 };
    case 'norm':
      return { shape: input, parameters: 2 * channels, multiplyAdds: 0 };
    case 'relu':
    case 'add':
      return { shape: input, parameters: 0, multiplyAdds: 0 };
    case 'globalPool':
      return { shape: [channels], parameters: 0, multiplyAdds: 0 };
    case 'dense': {
      const kernel = channels * step.units;
      return { shape: [step.units], parameters: kernel + step.units, multiplyAdds: kernel };
    }
  }
}

/** Shape after a `same`-padded operation with this stride. */
function strided(input: readonly number[], stride: number, filters: number): readonly number[] {
  return [Math.ceil(input[0]! / stride), Math.ceil(input[1]! / stride), filters];
}
