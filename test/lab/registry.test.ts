// Names that nobody knows, and values that hold no names: what a slip in a notebook is answered with.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkKeys, registry, UnknownNameError } from '../../src/lab/registry.js';

const boats = registry('boat', [{ name: 'barge' }, { name: 'dinghy' }]);

describe('a registry', () => {
  test('keeps its order, and refuses a name twice', () => {
    assert.deepEqual(boats.names, ['barge', 'dinghy']);
    assert.throws(() => registry('boat', [{ name: 'barge' }, { name: 'barge' }]), /two entries/);
  });

  const unknown: [given: unknown, message: string][] = [
    ['bargo', 'unknown boat "bargo"; did you mean "barge"? Known: barge, dinghy'],
    ['submarine', 'unknown boat "submarine". Known: barge, dinghy'],
    [undefined, 'unknown boat "undefined". Known: barge, dinghy'],
    [7, 'unknown boat "7". Known: barge, dinghy'],
  ];
  for (const [given, message] of unknown) {
    test(`says of ${String(given)}: ${message}`, () => {
      assert.throws(
        () => boats.get(given as string),
        (error) => error instanceof UnknownNameError && error.message === message,
      );
    });
  }

  test('refuses what is no object with keys by what it should be', () => {
    checkKeys('key of a boat', { length: 3 }, ['length', 'beam']);
    for (const given of ['barge', undefined, null, [3]]) {
      assert.throws(() => checkKeys('key of a boat', given as object, ['length', 'beam']), {
        name: 'TypeError',
        message: `a boat must be an object with length, beam, not ${JSON.stringify(given)}`,
      });
    }
  });
});
