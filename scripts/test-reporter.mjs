// A reporter for Node's test runner: one line a file with its skipped tests and why, then every failure in full, and the
// runner's own summary last.
import { inspect } from 'node:util';
import { root } from './runtime.mjs';

const color = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
const KEPT_STDERR = 4000;

function source(path) {
  const local = path?.replace(/^file:\/\//, '').replace(root, '') ?? '';
  return local.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}

function describeError(error) {
  // The runner wraps what a test has thrown.
  const cause = error?.code === 'ERR_TEST_FAILURE' && error.cause ? error.cause : error;
  const options = { colors: color, depth: 4, maxStringLength: 4000 };
  const text = typeof cause === 'string' ? cause : inspect(cause, options);
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*\(?node:/.test(line))
    .map((line) => `      ${line}`)
    .join('\n');
}

export default async function* reporter(events) {
  const files = new Map();
  const failures = [];
  const summary = [];
  const recordOf = (name) => {
    if (!files.has(name)) {
      files.set(name, { passed: 0, failed: 0, skipped: [], stderr: '', ms: 0, path: [] });
    }
    return files.get(name);
  };
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      const { path } = recordOf(data.file);
      path.length = data.nesting;
      path.push(data.name);
    } else if (type === 'test:stderr') {
      const record = recordOf(data.file);
      record.stderr = (record.stderr + data.message).slice(-KEPT_STDERR);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const record = recordOf(data.file);
      const isSuite = data.details?.type === 'suite';
      // A file runs in a process of its own; one that has no tests, or ends badly, is reported as if it were a test.
      const isFile = data.nesting === 0 && data.name === data.file;
      if (data.nesting === 0) record.ms += data.details?.duration_ms ?? 0;
      if (type === 'test:fail') {
        if (data.details.error?.failureType === 'subtestsFailed') continue;
        record.failed++;
        const name = isFile
          ? 'the file'
          : [...record.path.slice(0, data.nesting), data.name].join(' › ');
        const where = `${source(data.file)}${data.line && !isFile ? `:${data.line}` : ''}`;
        const { exitCode, signal } = data.details.error ?? {};
        const ended = isFile
          ? `      its process ended with ${signal ?? `exit code ${exitCode}`}\n`
          : '';
        const said = isFile && record.stderr ? `\n${record.stderr.replace(/^/gm, '      ')}` : '';
        failures.push(
          `${paint(31, '✗')} ${where} ${name}\n${ended}${describeError(data.details.error)}${said}`,
        );
        yield `      ${paint(31, '✗')} ${where} ${name}\n`;
      } else if (data.skip !== undefined || data.todo !== undefined) {
        const why = data.skip ?? data.todo;
        record.skipped.push(`${data.name}${typeof why === 'string' && why ? `: ${why}` : ''}`);
      } else if (!isSuite && !isFile) record.passed++;
    } else if (type === 'test:summary' && data.file !== undefined) {
      const { passed, failed, skipped, ms } = recordOf(data.file);
      const counts = [`${passed} passed`];
      if (failed > 0) counts.push(`${failed} failed`);
      if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
      const mark = failed > 0 ? paint(31, '✗') : paint(32, '✓');
      yield `  ${mark} ${source(data.file)} ${paint(2, `${counts.join(', ')}, ${(ms / 1000).toFixed(1)} s`)}\n`;
      for (const text of skipped) yield `      ${paint(33, '–')} skipped: ${text}\n`;
    } else if (type === 'test:diagnostic' && data.nesting === 0) summary.push(data.message);
  }
  if (failures.length > 0) yield `\n${failures.join('\n\n')}\n`;
  yield `\n${summary.map((message) => `ℹ ${message}`).join('\n')}\n`;
}
