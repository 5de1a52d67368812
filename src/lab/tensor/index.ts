/**
 * The only door to TensorFlow. `tf` is TensorFlow.js with the fastest backend that this machine has: the native library
 * through tfjs-node where its addon loads, else WebAssembly. Await `ready()` before the first operation.
 */
export { tf } from './library.js';
export { BackendError, ready, type BackendInfo, type Link } from './backend.js';
export { choleskySolve } from './cholesky.js';
export { runtimeDefaults, workerEnvironment } from './environment.js';
export {
  batchNormInference,
  batchNormTraining,
  biasAdd,
  crossEntropy,
  relu,
  type BatchNormalized,
} from './operations.js';
export { random, type Random, type RandomState } from './random.js';
export {
  GraphBuilder,
  output,
  Session,
  type GraphAttribute,
  type Output,
  type SessionVariable,
} from './session.js';
export { TYPE } from './native.js';
