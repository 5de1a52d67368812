// A reporter for Node's test runner: one line a file, each failure and each skipped test in full, the runner's own summary last.
import { inspect } from 'node:util';
import { root } from './runtime.mjs';

const color = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);

const source = (path) =>
  path
    ?.replace(/^file:\/\//, '')
    .replace(root, '')
    .replace(/^dist\//, '')
    .replace(/\.js$/, '.ts') ?? '';

function fileRecord(files, name) {
  let record = files.get(name);
  if (!record) {
    record = { passed: 0, failed: 0, skipped: [], failures: [], ms: 0, path: [] };
    files.set(name, record);
  }
  return record;
}

function describeError(error) {
  // The runner wraps what a test has thrown.
  const cause = error?.code === 'ERR_TEST_FAILURE' && error.cause ? error.cause : error;
  const text =
    typeof cause === 'string'
      ? cause
      : inspect(cause, { colors: color, depth: 4, maxStringLength: 4000 });
  return text.replace(/^/gm, '      ');
}

export default async function* reporter(events) {
  const files = new Map();
  const failures = [];
  const summary = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      const record = fileRecord(files, data.file);
      record.path.length = data.nesting;
      record.path.push(data.name);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const record = fileRecord(files, data.file);
      // With each file in a process of its own, the runner reports the file itself when it has no tests or has crashed.
      const isFile = data.file === data.name || data.file?.endsWith(data.name);
      const isSuite = data.details?.type === 'suite';
      if (
        type === 'test:fail' &&
        !(isSuite && data.details.error?.failureType === 'subtestsFailed')
      ) {
        record.failed++;
        const name = [...record.path.slice(0, data.nesting), data.name].join(' › ');
        const text = `  ${paint(31, '✗')} ${source(data.file)}${data.line ? `:${data.line}` : ''}\n    ${name}\n${describeError(data.details.error)}`;
        record.failures.push(text);
        failures.push(text);
      } else if (data.skip !== undefined || data.todo !== undefined) {
        const why = data.skip ?? data.todo;
        record.skipped.push(`${data.name}${typeof why === 'string' && why ? `: ${why}` : ''}`);
      } else if (!isSuite && !isFile) record.passed++;
      if (data.nesting === 0) record.ms += data.details?.duration_ms ?? 0;
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      // What a test prints is noise unless its file fails; then the runner's error holds the end of it.
    } else if (type === 'test:summary' && data.file !== undefined) {
      const record = fileRecord(files, data.file);
      const mark = record.failed > 0 ? paint(31, '✗') : paint(32, '✓');
      const parts = [`${record.passed} passed`];
      if (record.failed > 0) parts.push(`${record.failed} failed`);
      if (record.skipped.length > 0) parts.push(`${record.skipped.length} skipped`);
      yield `  ${mark} ${source(data.file)} ${paint(2, `${parts.join(', ')}, ${(record.ms / 1000).toFixed(1)} s`)}\n`;
      for (const text of record.skipped) yield `      ${paint(33, '–')} ${text}\n`;
      for (const text of record.failures) yield `${text}\n`;
    } else if (type === 'test:diagnostic' && data.nesting === 0) summary.push(data.message);
  }
  if (failures.length > 0) yield `\n${failures.length} failed:\n${failures.join('\n')}\n`;
  yield `\n${summary.map((message) => `ℹ ${message}`).join('\n')}\n`;
}
