// Figures of two notebooks, by the name that the report gives them: charts by specification, and all by their picture.
import type { Notebook } from '../notebook/nbformat.js';
import { type Document, drawCharts, readDocument } from '../report/index.js';
import { type Figure, walk } from '../report/document.js';
import type { Tolerance } from './close.js';
import { comparePictures, type PictureFile } from './pictures.js';
import { compareSpecifications, type SpecificationChange } from './specification.js';

export type FigureChange =
  | {
      readonly kind: 'added' | 'removed';
      readonly id: string;
      readonly picture: PictureFile | null;
    }
  | {
      readonly kind: 'changed';
      readonly id: string;
      readonly before: PictureFile | null;
      readonly after: PictureFile | null;
      /** Of a chart, null where only the words around it have changed, or where it is a picture. */
      readonly specification: SpecificationChange | null;
      readonly words: readonly string[];
      /** Share of pixels that differ; null where there is no browser to draw with, or nothing to draw. */
      readonly pixels: number | null;
    };

export interface FigureComparison {
  readonly all: number;
  readonly changes: readonly FigureChange[];
}

/** Of a figure that both have. */
interface Found {
  readonly specification: SpecificationChange | null;
  readonly words: readonly string[];
}

interface Different extends Found {
  readonly id: string;
  readonly a: Figure | undefined;
  readonly b: Figure | undefined;
}

export async function compareFigures(
  before: Notebook,
  after: Notebook,
  file: string,
  tolerance: Tolerance,
): Promise<FigureComparison> {
  const documents = [before, after].map((notebook) => readDocument(notebook, { file }));
  const [old, now] = documents.map(figuresOf) as [Map<string, Figure>, Map<string, Figure>];
  const ids = [...new Set([...old.keys(), ...now.keys()])];
  const different = ids.flatMap((id): Different[] => {
    const [a, b] = [old.get(id), now.get(id)];
    if (!a || !b) return [{ id, a, b, specification: null, words: [] }];
    const found = compareFigure(a, b, tolerance);
    return found ? [{ id, a, b, ...found }] : [];
  });
  const changed = new Set(different.map(({ id }) => id));
  const [oldPictures, newPictures] = await Promise.all(
    documents.map((document) => picturesOf(document, changed)),
  );
  const pairs = different.map(({ id }) => ({ a: oldPictures!.get(id), b: newPictures!.get(id) }));
  const pixels = await comparePictures(pairs);
  const changes = different.map(({ id, a, b, specification, words }, index): FigureChange => {
    const picture = { a: oldPictures!.get(id) ?? null, b: newPictures!.get(id) ?? null };
    if (!a || !b) return { kind: a ? 'removed' : 'added', id, picture: picture.a ?? picture.b };
    const drawn = { before: picture.a, after: picture.b, pixels: pixels[index] ?? null };
    return { kind: 'changed', id, ...drawn, specification, words };
  });
  return { all: ids.length, changes };
}

function figuresOf({ blocks }: Document): Map<string, Figure> {
  const figures = [...walk(blocks)].filter((block) => block.kind === 'figure');
  return new Map(figures.map((figure) => [figure.id, figure]));
}

/** What has changed of a figure; null where nothing has. */
function compareFigure(a: Figure, b: Figure, tolerance: Tolerance): Found | null {
  const words = [
    [a.caption?.text ?? '', b.caption?.text ?? '', 'caption'] as const,
    [a.alt, b.alt, 'alternative text'] as const,
  ].flatMap(([old, now, what]) =>
    old === now ? [] : [`${what}: ${old || 'none'} → ${now || 'none'}`],
  );
  if (a.content.kind === 'chart' && b.content.kind === 'chart') {
    const specification = compareSpecifications(
      a.content.specification,
      b.content.specification,
      tolerance,
    );
    return specification || words.length > 0 ? { specification, words } : null;
  }
  const isSame = JSON.stringify(a.content) === JSON.stringify(b.content);
  return isSame && words.length === 0 ? null : { specification: null, words };
}

/** The pictures of some figures: charts are drawn as the report draws them. */
async function picturesOf(
  document: Document,
  ids: ReadonlySet<string>,
): Promise<Map<string, PictureFile>> {
  const wanted = [...walk(document.blocks)].filter(
    (block): block is Figure => block.kind === 'figure' && ids.has(block.id),
  );
  const { drawings } = await drawCharts({ ...document, blocks: wanted });
  return new Map(
    wanted.flatMap((figure): [string, PictureFile][] => {
      const { content } = figure;
      if (content.kind === 'picture')
        return [[figure.id, { mime: content.mime, base64: content.data }]];
      const svg = drawings.get(figure.id)?.svg;
      if (svg === undefined) return [];
      return [[figure.id, { mime: 'image/svg+xml', base64: Buffer.from(svg).toString('base64') }]];
    }),
  );
}
