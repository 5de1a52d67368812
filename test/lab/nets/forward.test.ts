import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { buildNet } from '../../../src/lab/nets/build.js';
import { forward, UnknownNodeError } from '../../../src/lab/nets/forward.js';
import { graphOf } from '../../../src/lab/nets/graph-of.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { assertSame } from '../tensor/close.js';
import { everyOperation, quadrants, smallNet } from '../train/fixture.js';

before(async () => {
  await ready();
});

const { images } = quadrants(6, 5);
const batch = () => tf.tensor4d(images, [6, 8, 8, 1]);

describe('a graph run forward', () => {
  for (const [name, build] of [
    ['a small net', smallNet],
    ['a net with every operation', everyOperation],
  ] as const) {
    it(`gives what the model predicts: ${name}`, () => {
      const model = build();
      tf.tidy(() => {
        const { logits } = forward(graphOf(model), batch());
        assertSame(logits, model.predict(batch()) as tf.Tensor, 'logits');
      });
    });

    it(`gives what the model gives in training mode: ${name}`, () => {
      const model = build();
      tf.tidy(() => {
        const { logits, statistics } = forward(graphOf(model), batch(), { training: true });
        assertSame(logits, model.apply(batch(), { training: true }) as tf.Tensor, 'logits');
        assert.ok(statistics.size > 0);
      });
    });

    it(`gives the same gradients as the model: ${name}`, () => {
      const model = build();
      const graph = graphOf(model);
      tf.tidy(() => {
        const x = batch();
        const slopes = (f: (x: tf.Tensor) => tf.Tensor) =>
          tf.grad((input: tf.Tensor) => tf.sum(tf.square(f(input))))(x);
        assertSame(
          slopes((input) => forward(graph, input).logits),
          slopes((input) => model.apply(input) as tf.Tensor),
          'gradient of the input',
        );
      });
    });
  }

  it('gives what the model predicts where batch normalisation has no scale or no shift', () => {
    const model = everyOperation(true);
    tf.tidy(() => {
      const { logits } = forward(graphOf(model), batch());
      assertSame(logits, model.predict(batch()) as tf.Tensor, 'logits');
    });
  });

  it('frees an output once all its readers have it, where no gradient needs it', () => {
    const model = buildNet({ depth: 56, width: 4, input: [8, 8, 1] });
    const graph = graphOf(model);
    const most = (run: (x: tf.Tensor) => void) => {
      const before = tf.memory().numBytes;
      let peak = 0;
      const { runKernel } = tf.engine();
      const spy = (...args: Parameters<typeof runKernel>) => {
        const result = runKernel.apply(tf.engine(), args);
        peak = Math.max(peak, tf.memory().numBytes - before);
        return result;
      };
      tf.engine().runKernel = spy as typeof runKernel;
      try {
        tf.tidy(() => run(tf.tensor4d(images, [6, 8, 8, 1])));
      } finally {
        delete (tf.engine() as { runKernel?: unknown }).runKernel;
      }
      return peak;
    };
    const inference = most((x) => void forward(graph, x));
    const gradient = most((x) => {
      tf.grad((input: tf.Tensor) => tf.sum(forward(graph, input).logits))(x);
    });
    assert.ok(inference < gradient / 8, `${inference} of ${gradient} bytes`);
    model.dispose();
  });

  it('keeps every node that is asked for, each the output of its layer', () => {
    const model = everyOperation();
    const graph = graphOf(model);
    const names = graph.nodes.map((node) => node.name);
    tf.tidy(() => {
      const all = forward(graph, batch(), { keep: names });
      assert.deepEqual([...all.kept.keys()], names);
      for (const [i, node] of graph.nodes.entries()) {
        assert.deepEqual(all.kept.get(node.name)!.shape, [6, ...node.shape], node.name);
        // Alone, a node may be fused with its neighbours; asked for, its value must be the same.
        const alone = forward(graph, batch(), { keep: [node.name] });
        assertSame(alone.kept.get(node.name)!, all.kept.get(names[i]!)!, node.name);
      }
      const rectified = graph.nodes.findIndex((node) => node.op === 'relu');
      const before = graph.nodes[rectified]!.inputs[0]!;
      assertSame(
        all.kept.get(names[rectified]!)!,
        tf.relu(all.kept.get(names[before]!)!),
        'ReLU of the node before',
      );
    });
  });

  it('names the nodes there are when one is not', () => {
    const graph = graphOf(smallNet());
    assert.throws(
      () => forward(graph, batch(), { keep: ['stem'] }),
      (error: unknown) =>
        error instanceof UnknownNodeError &&
        error.node === 'stem' &&
        error.message.includes(graph.nodes[1]!.name),
    );
  });

  it('leaves nothing but what it returns', () => {
    const graph = graphOf(everyOperation());
    const x = batch();
    const count = tf.memory().numTensors;
    const { logits, kept, statistics } = forward(graph, x, {
      training: true,
      keep: [graph.nodes[2]!.name],
    });
    assert.equal(tf.memory().numTensors, count + 2 + 2 * statistics.size);
    logits.dispose();
    for (const tensor of kept.values()) tensor.dispose();
    for (const { mean, variance } of statistics.values()) tf.dispose([mean, variance]);
    assert.equal(tf.memory().numTensors, count);
    x.dispose();
  });
});
