/** Weights of a net that are moved for a measurement and put back. */
import { tf } from '../tensor/index.js';

export interface BorrowedWeights {
  /** The values as they were. */
  readonly kept: readonly Float32Array[];
  /** Gives the net other values, one array a variable. */
  set(values: readonly Float32Array[]): void;
  /** Puts the values back; call it whatever happens. */
  restore(): void;
}

export function borrowWeights(variables: readonly tf.Variable[]): BorrowedWeights {
  const kept = variables.map((variable) => variable.dataSync<'float32'>().slice());
  const set = (values: readonly Float32Array[]) => {
    for (const [i, variable] of variables.entries()) {
      tf.tidy(() => variable.assign(tf.tensor(values[i]!, variable.shape)));
    }
  };
  return { kept, set, restore: () => set(kept) };
}
