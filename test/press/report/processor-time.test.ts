// Processor time of a process, against what Node says of this one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs, stopwatch } from '../../../src/press/report/processor-time.js';

const usedMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

test('it grows as the process computes', {
  skip: process.platform !== 'linux' && 'only Linux tells it',
}, () => {
  const spent = stopwatch(process.pid);
  const before = usedMs();
  while (usedMs() - before < 300);
  const [ours, nodes] = [spent(), usedMs() - before];
  assert.ok(Math.abs(ours - nodes) <= 30, `${ours} ms, Node says ${nodes}`);
});

test('where there is no such process, time is what has passed', () => {
  assert.equal(processorMs(undefined), null);
  const spent = stopwatch(undefined);
  const began = performance.now();
  while (performance.now() - began < 5);
  assert.ok(spent() >= 5);
});
