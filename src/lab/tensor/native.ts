/** TensorFlow operations that tfjs has no name for, run one at a time through the binding of tfjs-node. */
import type { tf } from './library.js';

/** TensorFlow's own numbers for the types in use. */
export const TYPE = { float32: 1, int32: 3 } as const;

interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** The part of tfjs-node's backend that is used here. */
export interface NativeBackend {
  binding: {
    TF_Version: string;
    TF_ATTR_STRING: number;
    TF_ATTR_INT: number;
    TF_ATTR_FLOAT: number;
    TF_ATTR_BOOL: number;
    TF_ATTR_TYPE: number;
    loadSavedModel(directory: string, tags: string): number;
    deleteSavedModel(id: number): void;
    runSavedModel(
      id: number,
      tensors: number[],
      inputs: string,
      outputs: string,
    ): { id: number; shape: number[]; dtype: number }[];
  };
  executeMultipleOutputs(
    name: string,
    attributes: Attribute[],
    inputs: tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  createOutputTensor(output: { id: number; shape: number[]; dtype: number }): tf.Tensor;
}

export type AttributeValue =
  | { readonly type: number }
  | { readonly int: number | readonly number[] }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly text: string };

/**
 * Runs one TensorFlow operation. Outputs are ordinary tensors that the caller owns.
 *
 * @param name Operation name as TensorFlow registers it.
 * @param outputs How many outputs the operation has.
 */
export function runNative(
  backend: NativeBackend,
  name: string,
  inputs: tf.Tensor[],
  attributes: Readonly<Record<string, AttributeValue>>,
  outputs = 1,
): tf.Tensor[] {
  const { binding } = backend;
  const list = Object.entries(attributes).map(([key, value]): Attribute => {
    if ('type' in value) return { name: key, type: binding.TF_ATTR_TYPE, value: value.type };
    if ('int' in value) return { name: key, type: binding.TF_ATTR_INT, value: value.int };
    if ('float' in value) return { name: key, type: binding.TF_ATTR_FLOAT, value: value.float };
    if ('bool' in value) return { name: key, type: binding.TF_ATTR_BOOL, value: value.bool };
    return { name: key, type: binding.TF_ATTR_STRING, value: value.text };
  });
  return backend.executeMultipleOutputs(name, list, inputs, outputs);
}
