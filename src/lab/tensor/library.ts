/** TensorFlow.js itself, before any backend is chosen. Only the files of this folder import it; all others use `index.js`. */
// An import assignment, not an import: tfjs-node requires the CommonJS build, and two builds would be two engines.
import tf = require('@tensorflow/tfjs');

export { tf };
