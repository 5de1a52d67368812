/**
 * The products JJᵀ of the input Jacobian J of the logits (classes × pixels) at held-out images: its norms and singular values, and
 * those of the softmax, whose Jacobian is (diag p − ppᵀ)J, follow from it. One backward pass a class, shared by the measures that
 * need it.
 */
import { forward } from '../nets/forward.js';
import { tf } from '../tensor/index.js';
import { NotFiniteError } from './errors.js';
import { imageBatch, pixelsOf } from './images.js';
import type { Subject } from './measure.js';
import { once } from './once.js';

/** Images in one backward pass. */
const BATCH = 32;

/** JJᵀ of each of the first images, `classes × classes` each. @throws NotFiniteError naming the image. */
export async function jacobianGrams(subject: Subject, images: number): Promise<Float64Array[]> {
  const grams: Float64Array[] = [];
  for (let from = 0; from < images; from += BATCH) {
    // A batch is the same however many are asked for: more images later compute only those.
    const to = Math.min(from + BATCH, subject.test.shape[0]);
    grams.push(...(await once(subject, `JJᵀ from ${from}`, () => gramsOf(subject, from, to))));
  }
  return grams.slice(0, images);
}

async function gramsOf(
  { graph, test }: Subject,
  from: number,
  to: number,
): Promise<Float64Array[]> {
  const count = to - from;
  const size = pixelsOf(test);
  const classes = graph.nodes.at(-1)!.shape[0]!;
  const x = imageBatch(test, from, to, graph.input);
  const products = tf.tidy(() => {
    const rows = Array.from({ length: classes }, (_, c) =>
      tf
        .grad((input: tf.Tensor) =>
          tf.sum(tf.slice(forward(graph, input).logits, [0, c], [count, 1])),
        )(x)
        .reshape([count, 1, size]),
    );
    const jacobian = tf.concat(rows, 1);
    return tf.matMul(jacobian, jacobian, false, true);
  });
  x.dispose();
  const values = await products.data<'float32'>();
  products.dispose();
  const length = classes * classes;
  return Array.from({ length: count }, (_, i) => {
    const gram = Float64Array.from(values.subarray(i * length, (i + 1) * length));
    if (!gram.every(Number.isFinite)) throw new NotFiniteError('the input gradient', from + i);
    return gram;
  });
}
