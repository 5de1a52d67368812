import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Notebook } from '../../../src/press/notebook/nbformat.js';
import {
  describeType,
  injectParameters,
  type Parameter,
  parseValue,
  readParameters,
} from '../../../src/press/notebook/parameters.js';

function notebook(source: string, tags = ['parameters']): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'tslab', display_name: 'TypeScript', language: 'typescript' } },
    cells: [
      { cell_type: 'markdown', id: 'm', source: '# Title', metadata: {} },
      {
        cell_type: 'code',
        id: 'p',
        source,
        metadata: { tags },
        execution_count: null,
        outputs: [],
      },
    ],
  };
}

const source = `import { x } from 'fathom';
type Family = 'plain' | 'residual';
/**
 * Numbers of weighted layers
 * to compare.
 */
const depths: number[] = [
  2,
  4, // more later
];
const family: Family = 'plain', seeds = 3; // seeds a depth
/** Signed. */
let offset: number = -1.5e-3;
const names: ReadonlyArray<string> = ["a'b"];
const sides: ('left' | 'right')[] = [];
const quick: boolean = true as boolean;
const title: string = \`plain\`;
`;

describe('the parameters cell', () => {
  it('gives name, type, default and doc comment of each', () => {
    assert.deepEqual(readParameters(notebook(source), 'n.ipynb'), [
      {
        name: 'depths',
        type: { kind: 'array', element: { kind: 'number' } },
        default: [2, 4],
        doc: 'Numbers of weighted layers to compare.',
      },
      {
        name: 'family',
        type: { kind: 'choice', choices: ['plain', 'residual'] },
        default: 'plain',
        doc: 'seeds a depth',
      },
      { name: 'seeds', type: { kind: 'number' }, default: 3, doc: 'seeds a depth' },
      { name: 'offset', type: { kind: 'number' }, default: -0.0015, doc: 'Signed.' },
      {
        name: 'names',
        type: { kind: 'array', element: { kind: 'string' } },
        default: ["a'b"],
        doc: '',
      },
      {
        name: 'sides',
        type: { kind: 'array', element: { kind: 'choice', choices: ['left', 'right'] } },
        default: [],
        doc: '',
      },
      { name: 'quick', type: { kind: 'boolean' }, default: true, doc: '' },
      { name: 'title', type: { kind: 'string' }, default: 'plain', doc: '' },
    ]);
  });

  it('may be optional, one of several literals of any kind, and have a unit', () => {
    const cell = `type Size = 1 | 2 | 'all';
/**
 * Learning rate,
 * at its peak. @unit per step
 */
const rate: number | undefined = undefined;
const size: Size | null = 2;
const sizes: Size[] = [1, 'all'];
const exact: -1 | true = true;`;
    const parameters = readParameters(notebook(cell), 'n.ipynb');
    assert.deepEqual(
      parameters.map((each) => [each.name, describeType(each.type), each.default, each.doc]),
      [
        ['rate', 'number | undefined', null, 'Learning rate, at its peak. [per step]'],
        ['size', "1 | 2 | 'all' | null", 2, ''],
        ['sizes', "(1 | 2 | 'all')[]", [1, 'all'], ''],
        ['exact', '-1 | true', true, ''],
      ],
    );
    const [rate, size, , exact] = parameters;
    assert.equal(parseValue(rate!, '3e-2', 'n.ipynb'), 0.03);
    assert.equal(parseValue(rate!, 'undefined', 'n.ipynb'), null);
    assert.equal(parseValue(size!, '1', 'n.ipynb'), 1);
    assert.equal(parseValue(size!, 'null', 'n.ipynb'), null);
    assert.equal(parseValue(exact!, '-1', 'n.ipynb'), -1);
    assert.throws(
      () => parseValue(size!, '3', 'n.ipynb'),
      /takes 1 \| 2 \| 'all' \| null, not "3"/,
    );
    const put = injectParameters(notebook(cell), { rate: 0.5, size: null }, 'n.ipynb');
    const injected = put.cells[1]!.source;
    assert.match(
      injected,
      /const rate: number \| undefined = 0\.5;\nconst size: Size \| null = null;/,
    );
    const back = injectParameters(put, { rate: null }, 'n.ipynb');
    assert.match(back.cells[1]!.source, /const rate: number \| undefined = undefined;/);
  });

  it('is not needed', () => {
    assert.deepEqual(readParameters(notebook(source, []), 'n.ipynb'), []);
  });

  const refused: [source: string, message: RegExp][] = [
    [
      'const a: Date = 1',
      /n\.ipynb: cell 2, line 1, column 10: the type of parameter "a" must be number,/,
    ],
    ['const a: number[][] = []', /the type of parameter "a"/],
    ['const a = []', /the type of parameter "a"/],
    ['type A = A;\nconst a: A = 1', /line 2, column 10: the type of parameter "a"/],
    [
      'const a: number = 1;\nconst b: number = a + 1',
      /cell 2, line 2, column 19: the default of parameter "b" must be/,
    ],
    ['const a = null', /the type of parameter "a" must be .*, and may be "\| null"/],
    ['const a: number | string = 1', /the type of parameter "a"/],
    ['let a: number', /parameter "a" has no default/],
    ["const a: 'x' | 'y' = 'z'", /the default of parameter "a" is not 'x' \| 'y'/],
    ['const { a } = { a: 1 }', /a parameter is one name with one default/],
  ];
  for (const [cell, message] of refused) {
    it(`refuses ${cell.replaceAll('\n', ' ')}`, () => {
      assert.throws(() => readParameters(notebook(cell), 'n.ipynb'), {
        name: 'NotebookError',
        message,
      });
    });
  }

  it('can be only one, and only code', () => {
    const two = notebook(source);
    assert.throws(
      () => readParameters({ ...two, cells: [...two.cells, two.cells[1]!] }, 'n.ipynb'),
      /only one cell can be tagged "parameters"; cells 2 and 3 are/,
    );
    const prose = { ...two, cells: [{ ...two.cells[0]!, metadata: { tags: ['parameters'] } }] };
    assert.throws(
      () => readParameters(prose, 'n.ipynb'),
      /cell 1: the cell tagged "parameters" must be a code cell/,
    );
  });
});

describe('values from the command line', () => {
  const read = (type: Parameter['type'], text: string) =>
    parseValue({ name: 'p', type, default: 0, doc: '' }, text, 'n.ipynb');
  const number = { kind: 'number' } as const;
  const accepted: [Parameter['type'], string, unknown][] = [
    [number, '-3e-2', -0.03],
    [{ kind: 'string' }, 'a, "b"', 'a, "b"'],
    [{ kind: 'boolean' }, 'false', false],
    [{ kind: 'choice', choices: ['a', 'b'] }, 'b', 'b'],
    [{ kind: 'array', element: number }, '2, 4,8', [2, 4, 8]],
    [{ kind: 'array', element: number }, '[2,4]', [2, 4]],
    [{ kind: 'array', element: number }, '', []],
    [{ kind: 'array', element: { kind: 'string' } }, '["a,b"]', ['a,b']],
  ];
  for (const [type, text, value] of accepted) {
    it(`reads ${text || '(nothing)'} as ${type.kind}`, () =>
      assert.deepEqual(read(type, text), value));
  }
  const refused: [Parameter['type'], string][] = [
    [number, ''],
    [number, '3 layers'],
    [number, 'Infinity'],
    [{ kind: 'boolean' }, 'yes'],
    [{ kind: 'choice', choices: ['a', 'b'] }, 'c'],
    [{ kind: 'array', element: number }, '2,x'],
    [{ kind: 'array', element: number }, '[2,'],
    [{ kind: 'array', element: number }, '["2"]'],
  ];
  for (const [type, text] of refused) {
    it(`refuses ${text || '(nothing)'} as ${type.kind}`, () => {
      assert.throws(() => read(type, text), {
        name: 'ParameterError',
        message: /^n\.ipynb: parameter "p" takes /,
      });
    });
  }
});

describe('injection', () => {
  it('replaces the defaults and keeps the lines', () => {
    const values = {
      depths: [8],
      family: 'residual',
      seeds: 5,
      title: 'it\'s "so"\n',
      quick: false,
    };
    const changed = injectParameters(notebook(source), values, 'n.ipynb');
    const cell = changed.cells[1]!;
    assert.equal(cell.source.split('\n').length, source.split('\n').length);
    const line = source.split('\n').findIndex((each) => each.startsWith('let offset'));
    assert.equal(cell.source.split('\n')[line], 'let offset: number = -1.5e-3;');
    const after = readParameters(changed, 'n.ipynb');
    assert.deepEqual(
      Object.fromEntries(after.map((parameter) => [parameter.name, parameter.default])),
      { ...values, offset: -0.0015, names: ["a'b"], sides: [] },
    );
    assert.equal(notebook(source).cells[1]!.source, source);
  });

  it('refuses an unknown name, naming the nearest, and a wrong type', () => {
    assert.throws(
      () => injectParameters(notebook(source), { depth: [2] }, 'n.ipynb'),
      /n\.ipynb: there is no parameter "depth"\. Did you mean "depths"\? It has: depths, family/,
    );
    assert.throws(
      () => injectParameters(notebook(source), { zzzzzz: 1 }, 'n.ipynb'),
      /"zzzzzz"\. It has: depths/,
    );
    assert.throws(
      () => injectParameters(notebook(source), { depths: '2' }, 'n.ipynb'),
      /parameter "depths" takes number\[\], not "2"\. Its default is \[2,4\]\./,
    );
    assert.throws(
      () => injectParameters(notebook(source, []), { a: 1 }, 'n.ipynb'),
      /No cell is tagged "parameters"/,
    );
  });
});
