// The rules of the house, checked from the imports (docs/design.md, section 2).
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import ts from 'typescript';
import { ownParts } from '../../src/press/run/inputs.js';
import { type Import, importsOf, parse, root, sourceFiles } from './imports.js';

const files = sourceFiles('src');
const imports = files.flatMap((path) => importsOf(path));
const show = (found: readonly Import[]) =>
  found.map(({ from, line, target }) => `${from}:${line} imports ${target}`).join('\n');

const tensorflow = /^@tensorflow\//;

describe('rules of the house', () => {
  test('the checks see the imports', () => {
    assert.ok(files.length > 20, `${files.length} files`);
    const locals = imports.filter(({ local }) => local);
    assert.ok(locals.length > files.length / 2, `${locals.length} imports`);
    const missing = locals.filter(({ target }) => !existsSync(join(root, target)));
    assert.equal(show(missing.filter(({ target }) => !target.endsWith('.json'))), '');
  });

  test('the wings do not import each other', () => {
    const crossing = imports.filter(
      ({ from, target, local }) =>
        local &&
        !target.startsWith('src/shared/') &&
        ((from.startsWith('src/lab/') && !target.startsWith('src/lab/')) ||
          (from.startsWith('src/press/') && !target.startsWith('src/press/'))),
    );
    assert.equal(show(crossing), '');
  });

  test('what both wings share imports neither', () => {
    const leaning = imports.filter(
      ({ from, target, local }) =>
        local && from.startsWith('src/shared/') && !target.startsWith('src/shared/'),
    );
    assert.equal(show(leaning), '');
  });

  test('what a notebook runs on is what the cache looks at', () => {
    const isCounted = (path: string) =>
      ownParts.some((part) => path.replace(/^src\/(.*)ts$/, '$1js').startsWith(part));
    const outside = imports.filter(
      ({ from, target, local, typeOnly }) =>
        local && !typeOnly && isCounted(from) && !isCounted(target),
    );
    assert.equal(show(outside), '');
  });

  test('only lab/tensor loads TensorFlow', () => {
    const loading = imports.filter(
      ({ from, target, typeOnly }) =>
        tensorflow.test(target) && !typeOnly && !from.startsWith('src/lab/tensor/'),
    );
    assert.equal(show(loading), '');
  });

  test('there are no import cycles', () => {
    const edges = new Map<string, string[]>();
    for (const { from, target, local, typeOnly, deferred } of imports) {
      if (!local || typeOnly || deferred) continue;
      edges.set(from, [...(edges.get(from) ?? []), target]);
    }
    assert.deepEqual(findCycle(edges), []);
  });

  test('no module waits at its top level, so that tslab can load it with require()', () => {
    const waiting = files.flatMap((path) => {
      const source = parse(path);
      return topLevelAwaits(source).map(
        (node) => `${path}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`,
      );
    });
    assert.deepEqual(waiting, []);
  });

  test('Vega is only loaded when it is used, because its modules wait at their top level', () => {
    const early = imports.filter(
      ({ target, typeOnly, deferred }) =>
        ['vega', 'vega-lite', 'vega-interpreter'].includes(target) && !typeOnly && !deferred,
    );
    assert.equal(show(early), '');
  });

  test('every file says at its top what it is for', () => {
    assert.deepEqual(
      files.filter((path) => !hasOpeningComment(parse(path))),
      [],
    );
  });
});

describe('the checks themselves', () => {
  const parsed = (text: string) =>
    ts.createSourceFile('src/a.ts', text, ts.ScriptTarget.Latest, true);

  test('tell apart what is loaded, erased, and deferred', () => {
    const found = importsOf(
      'src/press/a.ts',
      parsed(`import { x } from '../lab/b.js';
import type { T } from '@tensorflow/tfjs';
import { type U } from './u.js';
import './effect.js';
export * from './c.js';
const later = async () => await import('vega');
const now = require('@tensorflow/tfjs-node/x');
let t: import('./t.js').T;`),
    );
    assert.deepEqual(
      found.map(({ target, typeOnly, deferred, effect }) => [target, typeOnly, deferred, effect]),
      [
        ['src/lab/b.ts', false, false, false],
        ['@tensorflow/tfjs', true, false, false],
        ['src/press/u.ts', true, false, false],
        ['src/press/effect.ts', false, false, true],
        ['src/press/c.ts', false, false, false],
        ['vega', false, true, false],
        ['@tensorflow/tfjs-node', false, false, true],
        ['src/press/t.ts', true, false, false],
      ],
    );
  });

  test('find a cycle and name it', () => {
    const edges = new Map([
      ['a', ['b', 'c']],
      ['b', ['d']],
      ['c', ['d']],
      ['d', ['e']],
      ['e', ['b']],
    ]);
    assert.deepEqual(findCycle(edges), ['b', 'd', 'e', 'b']);
    edges.delete('e');
    assert.deepEqual(findCycle(edges), []);
  });

  test('find waiting outside functions only', () => {
    assert.equal(
      topLevelAwaits(parsed('const x = await y; for await (const a of b) {}')).length,
      2,
    );
    assert.equal(
      topLevelAwaits(parsed('async function f() { await y; } class C { async m() { await y; } }'))
        .length,
      0,
    );
  });
});

/** A comment above the first statement, or above the first one after the imports. Files that only re-export need none. */
function hasOpeningComment(source: ts.SourceFile): boolean {
  const first = source.statements.findIndex((statement) => !ts.isImportDeclaration(statement));
  const only = source.statements.every(
    (statement) => ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement),
  );
  return (
    only ||
    source.statements
      .slice(0, first + 1)
      .some(({ pos }) => (ts.getLeadingCommentRanges(source.text, pos) ?? []).length > 0)
  );
}

/** The first import cycle as the files along it, the first one repeated at the end; empty when there is none. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    if (done.has(file)) return [];
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    path.push(file);
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of edges.keys()) {
    const cycle = visit(file);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

function topLevelAwaits(source: ts.SourceFile): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) return;
    if (ts.isAwaitExpression(node)) found.push(node);
    if (ts.isForOfStatement(node) && node.awaitModifier) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
