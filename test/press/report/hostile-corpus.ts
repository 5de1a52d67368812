// The attacks of test/fixtures/hostile: one file a kind, each case with what it tries and where it is known from. `PWN`
// in them stands for a script that leaves a trace, evil.example for a host that nothing may be asked of.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Cell, MimeBundle, Notebook } from '../../../src/press/notebook/nbformat.js';
import { code, md, notebook, shown } from './support.js';

export interface Case {
  readonly tries: string;
  readonly source: string;
  readonly input: unknown;
  /** For a chart: whether it may still be drawn, without what it tried; null if either will do. */
  readonly drawn?: boolean | null;
  /** For a file: what the refusal says; null if it is read. */
  readonly refused?: string | null;
}

export interface Kind {
  readonly file: string;
  readonly kind: string;
  readonly tries: string;
  readonly as: readonly string[];
  readonly cases: readonly Case[];
}

const folder = new URL('../../../../test/fixtures/hostile/', import.meta.url);

export const corpus: readonly Kind[] = readdirSync(folder)
  .sort()
  .map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8').replaceAll('PWN', 'window.pwned=1');
    return { file, ...(parse(text) as Omit<Kind, 'file'>) };
  });

type Json = Record<string, unknown>;

/** How a case becomes cells of a notebook. */
const ways: Record<string, (input: never, index: number) => Cell[]> = {
  markdown: (input: string) => [md(input)],
  html: (input: string) => [code('x', [shown({ 'text/html': input })])],
  'printed markdown': (input: string) => [code('x', [shown({ 'text/markdown': input })])],
  bundle: ({ data, metadata }: { data: MimeBundle; metadata: Json }) => [
    code('x', [shown(data, metadata)]),
  ],
  svg: (input: string) => [
    code('x', [shown({ 'image/svg+xml': input })]),
    md(`![x](data:image/svg+xml;base64,${Buffer.from(input).toString('base64')})`),
    md(`<img src="data:image/svg+xml,${encodeURIComponent(input)}">`),
  ],
  'vega-lite': (input: Json) => [code('x', [shown({ 'application/vnd.vegalite.v5+json': input })])],
  vega: (input: Json) => [code('x', [shown({ 'application/vnd.vega.v5+json': input })])],
  stream: (input: string) => [
    code('x', [
      { output_type: 'stream', name: 'stdout', text: input },
      { output_type: 'stream', name: 'stderr', text: input },
    ]),
  ],
  error: (input: { ename: string; evalue: string; traceback: string[] }) => [
    code('x', [{ output_type: 'error', ...input }]),
  ],
  attachments: (input: { source: string; attachments: Record<string, MimeBundle> }) => [
    md(input.source, { attachments: input.attachments } as Partial<Cell>),
  ],
  options: (input: string | { source: string; metadata: Json }) => {
    const outputs = [shown({ 'text/html': '<table><tr><td>1</td></tr></table>' })];
    return typeof input === 'string'
      ? [code(input, outputs)]
      : [{ ...code(input.source, outputs), metadata: input.metadata } as Cell];
  },
};

/** Kinds whose cases can stand together in one notebook. */
export const together = corpus.filter(({ as }) => as.every((way) => Object.hasOwn(ways, way)));

export function cellsOf(kind: Kind): Cell[] {
  return kind.cases.flatMap(({ input }, index) =>
    kind.as.flatMap((way) => ways[way]!(input as never, index)),
  );
}

/** The last words of every notebook: they must stand where they would stand without all the rest. */
export const lastWords = 'The last section';

export function surround(cells: readonly Cell[], metadata: Json = {}): Notebook {
  const made = notebook(md('# The title\n\nFirst words.'), ...cells, md(`## ${lastWords}\n\nEnd.`));
  return { ...made, metadata: { ...made.metadata, ...metadata } };
}

/** A notebook for a case of a kind that concerns the whole of one; null for what is no notebook. */
export function notebookOf(way: string, input: unknown): Notebook | null {
  switch (way) {
    case 'front matter': {
      const first = { cell_type: 'raw', metadata: {}, source: `---\n${input}\n---` } as unknown;
      const { cells, ...rest } = surround([md('Words.')]);
      return { ...rest, cells: [{ ...(first as Cell), id: 'front' }, ...cells] };
    }
    case 'metadata':
      return surround([code('let x = 1'), md('Words.')], input as Json);
    case 'widget': {
      const { state, model } = input as { state: Json; model: string };
      const view = { 'application/vnd.jupyter.widget-view+json': { model_id: model } };
      return surround([code('x', [shown({ ...view, 'text/plain': 'a widget' })])], {
        widgets: { 'application/vnd.jupyter.widget-state+json': { state } },
      });
    }
    case 'bibliography':
      return surround([md('See [@a].')], {});
    case 'path':
      return surround([md(String(input))]);
    default:
      return null;
  }
}
