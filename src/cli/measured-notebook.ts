// Readings of one net as an executed notebook, which the press prints like any other.
import { pictureRows, type TileRow } from '../lab/chart/pictures.js';
import { readingProfile } from '../lab/chart/reading-profile.js';
import type { Reading } from '../lab/measure/measure.js';
import { measures } from '../lab/measure/measures.js';
import { vegaLiteMime } from '../press/kernel/bundle.js';
import { table } from '../press/kernel/show.js';
import type { Cell, Notebook, Output } from '../press/notebook/nbformat.js';

export interface Measured {
  readonly model: string;
  readonly data: string;
  readonly readings: readonly Reading[];
  readonly refused: readonly { readonly measure: string; readonly reason: string }[];
}

export function measuredNotebook({ model, data, readings, refused }: Measured): Notebook {
  const cells: Cell[] = [];
  const text = (source: string) =>
    cells.push({ cell_type: 'markdown', id: `text-${cells.length}`, source, metadata: {} });
  const outputs = (list: Output[]) =>
    cells.push({
      cell_type: 'code',
      id: `cell-${cells.length}`,
      source: '',
      metadata: { tags: ['hide-input'] },
      execution_count: null,
      outputs: list,
    });
  text(`# Measures of ${escaped(model)}\n\nOn the images of ${escaped(data)}.`);
  const rows = readings.map(({ measure, value, interval, saturation, unit }) => ({
    measure: measures.get(measure).title,
    value,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    ceiling: saturation,
    unit,
  }));
  outputs([
    display(
      table(rows, {
        columns: {
          measure: { title: 'Measure' },
          value: { title: 'Value' },
          low: { title: 'From' },
          high: { title: 'To' },
          ceiling: { title: 'Ceiling' },
          unit: { title: 'Unit' },
        },
      }).toBundle(),
      'tbl-readings',
      'All readings, with their intervals and what each could have been at most.',
    ),
  ]);
  for (const reading of readings) {
    const { title, question, reference } = measures.get(reading.measure);
    const tiles = reading.extra.rows as readonly TileRow[] | undefined;
    if (reading.layers.length < 2 && tiles === undefined) continue;
    text(
      [
        `## ${title}`,
        `${question} [@${reference}]`,
        ...reading.notes.map((note) => `*${escaped(note)}.*`),
      ].join('\n\n'),
    );
    const shown: Output[] = [];
    if (reading.layers.length > 1) {
      const spec = readingProfile(reading);
      shown.push(
        display(
          { data: { [vegaLiteMime]: spec, 'text/plain': spec.description }, metadata: {} },
          `fig-${reading.measure}`,
          `${title} by layer, from the input (0) to the output (1).`,
          spec.description,
        ),
      );
    }
    if (tiles !== undefined && tiles.length > 0) {
      const spec = pictureRows(tiles, { rows: 'Layer', subject: title });
      shown.push(
        display(
          { data: { [vegaLiteMime]: spec, 'text/plain': spec.description }, metadata: {} },
          `fig-${reading.measure}-pictures`,
          `${title}.`,
          spec.description,
        ),
      );
    }
    outputs(shown);
  }
  if (refused.length > 0) {
    text(
      `## Not measured\n\n${refused.map(({ measure, reason }) => `- ${measures.get(measure).title}: ${escaped(reason)}`).join('\n')}`,
    );
  }
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { title: `Measures of ${model}`, language_info: { name: 'typescript' } },
    cells,
  };
}

function display(
  bundle: { data: Record<string, unknown>; metadata: Record<string, unknown> },
  label: string,
  caption: string,
  alt?: string,
): Output {
  return {
    output_type: 'display_data',
    data: bundle.data,
    metadata: { ...bundle.metadata, fathom: { label, caption, ...(alt && { alt }) } },
  };
}

/** Names of files and layers are no markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#@|$]/g, '\\$&');
}
