// What the columns of a table are called on an axis, and in which unit and digits they are shown.
import type { Run } from '../study/record.js';
import { type Row, runTable } from '../study/table.js';
import { InvalidChartData } from './spec.js';

/** A column with all that an axis needs. */
export interface Quantity {
  readonly field: string;
  readonly title: string;
  /** Null for a pure number. */
  readonly unit: string | null;
  /** d3 number format of axis labels. */
  readonly format: string;
  /** Values that cannot be passed; null where there is no bound. */
  readonly low: number | null;
  readonly high: number | null;
}

/** A column by name, or with words of the user's own. */
export type QuantityInput = string | (Partial<Quantity> & { readonly field: string });

/** Runs, or rows of any table. */
export type TableInput = readonly Run[] | readonly Row[];

const share = { unit: null, format: '~%', low: 0, high: 1 };
const loss = { unit: 'nats', format: '~g', low: 0, high: null };
const count = { format: '~s', low: 0, high: null };

const known: Readonly<Record<string, Omit<Quantity, 'field'>>> = {
  depth: { title: 'Depth', unit: 'weighted layers', format: 'd', low: 0, high: null },
  width: { title: 'Width', unit: 'channels', format: 'd', low: 0, high: null },
  parameters: { title: 'Parameters', unit: null, ...count },
  multiplyAdds: { title: 'Multiply–adds an image', unit: null, ...count },
  trainImages: { title: 'Training images', unit: null, ...count },
  learningRate: { title: 'Learning rate', unit: null, format: '~g', low: 0, high: null },
  epoch: { title: 'Epoch', unit: null, format: 'd', low: 0, high: null },
  epochs: { title: 'Epochs', unit: null, format: 'd', low: 0, high: null },
  step: { title: 'Step', unit: null, ...count },
  steps: { title: 'Steps', unit: null, ...count },
  trainLoss: { title: 'Training loss', ...loss },
  testLoss: { title: 'Held-out loss', ...loss },
  trainAccuracy: { title: 'Training accuracy', ...share },
  testAccuracy: { title: 'Held-out accuracy', ...share },
  accuracyGap: { title: 'Training − held-out accuracy', ...share, low: null },
  position: { title: 'Relative depth', unit: '0 input, 1 output', format: '~g', low: 0, high: 1 },
  index: { title: 'Layer', unit: null, format: 'd', low: 0, high: null },
  seconds: { title: 'Training time', unit: 's', ...count },
};

/** Rows of runs or of a table, and a function that describes their columns. */
export function tableOf(input: TableInput): {
  readonly rows: readonly Row[];
  quantity(column: QuantityInput): Quantity;
} {
  const runs = isRuns(input) ? input : [];
  const rows = isRuns(input) ? runTable(input) : input;
  if (rows.length === 0) throw new InvalidChartData('chart: there are no runs or rows to draw');
  return { rows, quantity: (column) => quantity(column, rows, runs) };
}

function isRuns(input: TableInput): input is readonly Run[] {
  return input.length > 0 && 'readings' in input[0]! && Array.isArray(input[0].readings);
}

/** The column with its words; a measure's unit comes from its readings. */
export function quantity(
  column: QuantityInput,
  rows: readonly Row[] = [],
  runs: readonly Run[] = [],
): Quantity {
  const given = typeof column === 'string' ? { field: column } : column;
  const { field } = given;
  if (rows.length > 0 && !rows.some((row) => field in row)) {
    const columns = Object.keys(rows[0]!).join(', ');
    throw new InvalidChartData(`chart: no row has a column "${field}". Columns: ${columns}`);
  }
  const reading = runs
    .flatMap((run) => run.readings)
    .find((item) => field.startsWith(item.measure));
  const words: Omit<Quantity, 'field'> = known[field] ?? {
    title: capital(
      field
        .replaceAll('-', ' ')
        .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
        .toLowerCase(),
    ),
    unit: reading === undefined || reading.unit === '' ? null : reading.unit,
    format: '~g',
    low: null,
    high: null,
  };
  return { ...words, ...given };
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `Training loss (nats)` */
export function axisTitle({ title, unit }: Quantity): string {
  return unit === null ? title : `${title} (${unit})`;
}

/** A number as it stands in a sentence: percent for shares, else three significant digits. */
export function say(value: number, { format }: Pick<Quantity, 'format'>): string {
  if (format.endsWith('%')) return `${(100 * value).toFixed(1)} %`;
  if (format === 'd' || Number.isInteger(value)) return String(value);
  const text = value.toPrecision(3);
  return text.includes('e') ? text : String(Number(text));
}

/** `a, b and c` */
export function list(items: readonly (string | number)[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
