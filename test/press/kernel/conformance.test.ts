/** Every behaviour of conformance.ts, in this kernel. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { behaviours } from './behaviour.js';
import { conformance, type Verdict } from './conformance.js';

describe('conformance', () => {
  let verdicts: Verdict[] = [];
  before(async () => {
    verdicts = await conformance({});
  });
  for (const [index, { group, title }] of behaviours.entries())
    it(`${group}: ${title}`, () => assert.equal(verdicts[index]!.failure, undefined));
});
