// Loads the TensorFlow addon whose path is the first argument and multiplies two matrices with it; prints its version as JSON.
// Runs in a process of its own: a library that does not fit may end the process instead of throwing.
const binding = require(require('node:path').resolve(process.argv[2]));
const left = binding.createTensor([2, 2], binding.TF_FLOAT, new Float32Array([1, 2, 3, 4]));
const right = binding.createTensor([2, 2], binding.TF_FLOAT, new Float32Array([5, 6, 7, 8]));
const [product] = binding.executeOp(
  'MatMul',
  [
    { name: 'transpose_a', type: binding.TF_ATTR_BOOL, value: false },
    { name: 'transpose_b', type: binding.TF_ATTR_BOOL, value: false },
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
  ],
  [left, right],
  1,
);
const values = [...binding.tensorDataSync(product.id)];
if (values.join() !== '19,22,43,50') throw new Error(`a matrix product came out as ${values}`);
console.log(JSON.stringify({ tensorflow: binding.TF_Version }));
