import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ladder,
  LadderError,
  NetSpecError,
  netSpec,
  parameters,
  rungs,
} from '../../../src/lab/nets/index.js';
import { UnknownNameError } from '../../../src/lab/registry.js';

test('a ladder at equal width changes nothing but the depth', () => {
  const specs = ladder({ family: 'plain', depths: [8, 4, 20], width: 12, seed: 3 });
  assert.deepEqual(
    specs,
    [8, 4, 20].map((depth) => netSpec({ family: 'plain', depth, width: 12, seed: 3 })),
  );
});

test('a ladder at equal parameters takes the width that is nearest to the reference at each depth', () => {
  for (const family of ['plain', 'residual', 'linear']) {
    const specs = ladder({
      family,
      depths: [5, 8, 14, 20, 32, 56],
      width: 16,
      hold: 'parameters',
      reference: 20,
    });
    const target = parameters(netSpec({ family, depth: 20, width: 16 }));
    assert.equal(specs[3]!.width, 16);
    for (const spec of specs) {
      const miss = (width: number) => Math.abs(parameters({ ...spec, width }) - target);
      for (const other of [spec.width - 1, spec.width + 1]) {
        assert.ok(
          miss(spec.width) <= miss(other),
          `depth ${spec.depth}: ${other} is nearer than ${spec.width}`,
        );
      }
    }
    const table = rungs(specs, specs[3]);
    assert.equal(table[3]!.ratio, 1);
    for (const { ratio, spec } of table)
      assert.ok(Math.abs(ratio - 1) < 0.1, `depth ${spec.depth}: ${ratio}`);
  }
});

test('the reference is the deepest rung unless it is named', () => {
  const specs = ladder({ depths: [8, 20, 14], width: 8, hold: 'parameters' });
  assert.equal(specs[1]!.width, 8);
  assert.ok(specs[0]!.width > specs[2]!.width && specs[2]!.width > 8);
});

test('a rung that no width brings near is refused with a way out', () => {
  assert.throws(
    () => ladder({ depths: [2, 56], width: 16, hold: 'parameters' }),
    (error) =>
      error instanceof LadderError && error.depth === 2 && /wider than 4096/.test(error.message),
  );
  assert.throws(
    () => ladder({ depths: [110], width: 1, hold: 'parameters', reference: 2 }),
    (error) =>
      error instanceof LadderError && error.depth === 110 && /width 1 has/.test(error.message),
  );
});

test('bad options are refused', () => {
  assert.throws(
    () => ladder({ depths: [8], holds: 'width' } as never),
    (error) => error instanceof UnknownNameError && error.nearest === 'hold',
  );
  assert.throws(() => ladder({ depths: [8], hold: 'flops' as never }), /"width" or "parameters"/);
  assert.throws(() => ladder({ depths: [] }), /at least one depth/);
  assert.throws(() => ladder({ depths: [8, 0] }), NetSpecError);
});
