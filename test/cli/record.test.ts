// `fathom record`: an edition is built once with training, and then from what was recorded, by somebody who has only that.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { code, notebook, project, prose, put } from '../press/run/fixtures.js';
import { fathom } from './program.js';

const chapter = (seeds: string) =>
  notebook(
    prose('# A'),
    code(`const seeds: number[] = ${seeds};`, 'parameters'),
    code(`import { result, runStudy, study } from 'fathom';
const grid = study({
  data: { name: 'gratings', train: 64, test: 32 },
  net: { family: 'plain', depth: 2, width: 2 },
  recipe: { stop: { epochs: 1 }, batchSize: 16, deterministic: true },
  seeds: seeds,
});
const runs = await runStudy(grid, { measures: ['accuracy'], workers: 1 });
result('loss', runs[0]!.metrics.at(-1)!.trainLoss);
result('readings', runs[0]!.readings.length);`),
  );

const keysIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name)) : [];

describe('fathom record', () => {
  it('lets a clone build an edition without training, from little text', async () => {
    const folder = project({
      'notebooks/book.yml': 'title: B\nchapters: [01-a.ipynb]\nprofiles: { quick: {} }\n',
      'notebooks/01-a.ipynb': chapter('[0, 1]'),
    });
    const early = await fathom(folder, ['record']);
    assert.deepEqual(
      [early.code, early.err],
      [
        2,
        'fathom: chapter 01-a is not built in reports/quick; first run: fathom build --profile quick\n',
      ],
    );
    const build = () => fathom(folder, ['build', '--to', 'html', '--explain']);
    const first = await build();
    assert.deepEqual([first.code, first.err], [0, '']);
    const results = () => readFileSync(join(folder, 'reports/quick/01-a.results.json'), 'utf8');
    const manifest = JSON.parse(
      readFileSync(join(folder, 'reports/quick/01-a.manifest.json'), 'utf8'),
    );
    assert.deepEqual(manifest.seeds, [0, 1]);
    const asTrained = results();

    const recorded = await fathom(folder, ['record']);
    assert.deepEqual([recorded.code, recorded.err], [0, '']);
    assert.match(
      recorded.out,
      /^edition quick of "B": 2 runs, 2 new\nreports\/recorded {2}2 runs in all, 0\.0 MB\n$/,
    );
    const shipped = join(folder, 'reports', 'recorded');
    const keys = keysIn(shipped);
    assert.equal(keys.length, 2);
    assert.deepEqual(readdirSync(join(shipped, keys[0]!)).sort(), [
      'provenance.json',
      'readings',
      'record.json',
    ]);
    assert.match((await fathom(folder, ['record'])).out, /2 runs, 0 new\n/);

    // As in a clone: no store, no cache.
    rmSync(join(folder, '.fathom'), { recursive: true });
    const again = await build();
    assert.deepEqual([again.code, again.err], [0, '']);
    assert.match(again.out, /executed, because:\n {2}it has not run before\n/);
    assert.deepEqual(keysIn(join(folder, '.fathom', 'runs')), [], 'nothing was trained');
    assert.equal(results(), asTrained);

    // A chapter that uses other runs by now.
    put(folder, 'notebooks/01-a.ipynb', chapter('[1, 2]'));
    assert.equal((await build()).code, 0);
    assert.match((await fathom(folder, ['record'])).out, /2 runs, 1 new, 1 no longer used\n/);
    assert.equal(keysIn(shipped).length, 2);
  });
});
