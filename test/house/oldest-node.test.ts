// scripts/ starts on the Node that a user has, 18 or newer: what it imports from Node must be in 18.0.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { root } from './imports.js';

const OLDEST = [18, 0];
const types = dirname(createRequire(import.meta.url).resolve('@types/node/package.json'));

/** Names imported from Node's modules, as `[module, name]`. */
function imported(text: string): [module: string, name: string][] {
  return [...text.matchAll(/^import \{([^}]*)\} from 'node:([^']+)';$/gm)].flatMap(
    ([, names, module]) =>
      names!
        .split(',')
        .map((name) => name.trim().replace(/ as .*/, ''))
        .filter(Boolean)
        .map((name): [string, string] => [module!, name]),
  );
}

/** The oldest version that the declarations of Node say has a function, by the comment before it; null where they say none. */
function since(module: string, name: string): number[] | null {
  const path = join(types, `${module}.d.ts`);
  if (!existsSync(path)) return null;
  const text = readFileSync(path, 'utf8');
  const at = text.search(new RegExp(`\\b(function|class|const|var) ${name}\\b`));
  if (at < 0) return null;
  const comment = text.slice(text.lastIndexOf('/**', at), at);
  const versions = /@since ([v\d., ]+)/.exec(comment)?.[1]?.match(/\d+\.\d+/g);
  if (!versions) return null;
  return versions.map((version) => version.split('.').map(Number)).sort(compare)[0]!;
}

const compare = (a: number[], b: number[]): number => a[0]! - b[0]! || a[1]! - b[1]!;

const files = ['scripts', 'scripts/setup'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => `${folder}/${name}`),
);

describe('scripts that a user starts', () => {
  test('the versions are read', () => {
    assert.deepEqual(since('os', 'availableParallelism'), [18, 14]);
    assert.equal(compare(since('fs', 'readFileSync')!, OLDEST) < 0, true);
  });

  for (const file of files) {
    test(`${file} imports nothing from Node that is newer than ${OLDEST.join('.')}`, () => {
      for (const [module, name] of imported(readFileSync(join(root, file), 'utf8'))) {
        const version = since(module, name);
        assert.ok(
          version === null || compare(version, OLDEST) <= 0,
          `${name} of node:${module} came with ${version?.join('.')}`,
        );
      }
    });
  }
});
