// Where compiled programs are kept.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'fathom-compiled-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const program = `
  const { keepCompiled } = await import(${JSON.stringify(new URL('../../src/shared/compile-cache.js', import.meta.url).href)});
  keepCompiled();
  await import(${JSON.stringify(new URL('../../src/shared/nearest.js', import.meta.url).href)});
`;

/** Runs a program that keeps what it compiles, in an environment without anybody's choice but this one. */
function start(choice: Record<string, string>): void {
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...env } = process.env;
  execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...env, ...choice },
  });
}

const holds = (path: string) => existsSync(path) && readdirSync(path).length > 0;

test('what was compiled is kept in the folder of Fathom, unless another is named or none is wanted', () => {
  const own = join(folder, 'own');
  start({ FATHOM_CACHE: own });
  assert.ok(holds(join(own, 'compiled')));

  const named = join(folder, 'named');
  const unused = join(folder, 'unused');
  start({ FATHOM_CACHE: unused, NODE_COMPILE_CACHE: named });
  assert.ok(holds(named));
  start({ FATHOM_CACHE: unused, NODE_DISABLE_COMPILE_CACHE: '1' });
  assert.ok(!existsSync(unused));
});
