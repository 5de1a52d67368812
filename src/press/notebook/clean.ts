// A notebook as it belongs under version control: without outputs, without counts, and without what front ends write into
// the metadata each time a notebook is opened or run. What authors write is kept as it is: text, order, ids, tags, options.
import { parseNotebook } from './read.js';
import { fileText, lines } from './write.js';

/** Of cells: times, places on the screen, and what belongs to outputs that are gone. */
const volatileOfCell = [
  'execution',
  'executionInfo',
  'ExecuteTime',
  'papermill',
  'collapsed',
  'scrolled',
  'outputId',
];
/** Of notebooks: state of widgets, times, signatures. */
const volatileOfNotebook = ['papermill', 'signature', 'widgets'];

interface RawNotebook {
  metadata: Record<string, unknown>;
  cells: RawCell[];
}

interface RawCell {
  cell_type: string;
  metadata: Record<string, unknown>;
  source: string | string[];
  outputs?: unknown[];
  execution_count?: number | null;
}

/**
 * The text of a clean notebook; of a clean notebook, the same text. The format is not raised, so that no id appears that the
 * author's front end did not write. Throws NotebookError for text that is not a notebook; `file` names it.
 */
export async function cleanNotebook(text: string, file: string): Promise<string> {
  await parseNotebook(text, file);
  const raw = JSON.parse(text.replace(/^\uFEFF/, '')) as RawNotebook;
  return fileText({
    ...raw,
    metadata: notebookMetadata(raw.metadata),
    cells: raw.cells.map(clean),
  });
}

function clean(cell: RawCell): RawCell {
  const metadata = without(cell.metadata, volatileOfCell);
  const jupyter = metadata.jupyter as Record<string, unknown> | undefined;
  if (typeof jupyter === 'object' && jupyter !== null) {
    const kept = without(jupyter, ['outputs_hidden']);
    if (Object.keys(kept).length > 0) metadata.jupyter = kept;
    else delete metadata.jupyter;
  }
  const source = lines(typeof cell.source === 'string' ? cell.source : cell.source.join(''));
  const common = { ...cell, metadata, source };
  return cell.cell_type === 'code' ? { ...common, outputs: [], execution_count: null } : common;
}

/** The version of the language is that of the machine that ran the notebook last. */
function notebookMetadata(metadata: Record<string, unknown>): Record<string, unknown> {
  const kept = without(metadata, volatileOfNotebook);
  const language = kept.language_info as Record<string, unknown> | undefined;
  return language ? { ...kept, language_info: without(language, ['version']) } : kept;
}

function without(
  record: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}
