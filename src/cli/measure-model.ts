// What `fathom measure` does: reads model and images, measures, prints a table, writes JSON and a report.
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { colours as pc } from '../shared/colours.js';
import { writeWhole } from '../shared/whole-file.js';
import { DataSpecError, datasets, loadData, readOwnImages } from '../lab/data/index.js';
import type { Dataset } from '../lab/data/dataset.js';
import {
  type Images,
  measure,
  type MeasureOwnOptions,
  type MeasureRequest,
  measures,
  type Reading,
} from '../lab/measure/index.js';
import { measureOptions } from '../lab/measure/options.js';
import { loadModel } from '../lab/nets/index.js';
import { ready } from '../lab/tensor/index.js';
import { formatDiagnostic, type Format, renderReport } from '../press/report/index.js';
import type { MeasureCommandOptions } from './measure.js';
import { digits, named } from './measure-words.js';
import { measuredNotebook } from './measured-notebook.js';
import { OptionError } from './option-error.js';
import { outputFolderProblem } from '../press/run/output-folder.js';

/** What the measures are cited from. */
const references = fileURLToPath(new URL('../../../notebooks/references.bib', import.meta.url));

interface Given {
  readonly images: Images;
  readonly labels: Int32Array;
  readonly classes: readonly string[] | null;
  readonly name: string;
}

/** Returns the exit code: 0, or 1 where nothing could be measured. */
export async function measureModel(at: string, options: MeasureCommandOptions): Promise<number> {
  const requests = requestsOf(options);
  const problem = options.report === undefined ? null : outputFolderProblem(options.report, '.');
  if (problem !== null) throw new OptionError(`--report ${problem}`);
  const seed = wholeNumber('--seed', options.seed, 0);
  const most = wholeNumber('--images', options.images, 2);
  await ready();
  const model = await loadModel(at);
  const held = await given(options.data, options.labels, most, 'test');
  const trained =
    options.training === undefined
      ? null
      : await given(options.training, options.trainingLabels, most, 'train');
  const seconds = new Map<string, number>();
  const settings: MeasureOwnOptions = {
    ...(requests && { measures: requests }),
    ...(trained && { training: { images: trained.images, labels: trained.labels } }),
    ...(held.classes && { classes: held.classes }),
    seed,
    onReading: (reading, took) => {
      seconds.set(reading.measure, took);
      if (process.stdout.isTTY) console.log(pc.dim(`  ${reading.measure}  ${took.toFixed(1)} s`));
    },
  };
  const { readings, refused } = await measure(model, held.images, held.labels, settings);
  console.log(tableOf(readings, seconds));
  if (refused.length > 0) {
    console.log(`\n${pc.bold('Not measured')}`);
    // One layer may be the reason for many.
    for (const reason of new Set(refused.map((each) => each.reason))) {
      const names = refused.filter((each) => each.reason === reason).map(({ measure }) => measure);
      console.log(`  ${names.join(', ')}: ${reason}`);
    }
  }
  for (const { measure: name, notes } of readings) {
    for (const note of notes) console.log(pc.dim(`  ${name}: ${note}`));
  }
  if (options.json !== undefined) {
    const content = { model: basename(resolve(at)), data: held.name, readings, refused };
    await writeWhole(resolve(options.json), Buffer.from(`${JSON.stringify(content, null, 2)}\n`));
    console.log(`\n${options.json}`);
  }
  if (options.report !== undefined) await report(at, held.name, readings, refused, options.report);
  return readings.length > 0 ? 0 : 1;
}

async function report(
  at: string,
  data: string,
  readings: readonly Reading[],
  refused: readonly { measure: string; reason: string }[],
  out: string,
): Promise<void> {
  const formats: Format[] = ['html', 'pdf'];
  const name = 'measures';
  const made = await renderReport(
    measuredNotebook({ model: basename(resolve(at)), data, readings, refused }),
    {
      formats,
      outDirectory: out,
      name,
      directory: dirname(references),
      bibliography: references,
      strict: false,
    },
  );
  for (const diagnostic of made.diagnostics) console.error(formatDiagnostic(diagnostic));
  for (const { path } of made.files) console.log(path);
}

/** Measures and options as they were asked for; null for all that apply. */
function requestsOf({ measures: names, option }: MeasureCommandOptions): MeasureRequest[] | null {
  const changes = new Map<string, Record<string, unknown>>();
  for (const text of option) {
    const match = /^([\w-]+)\.(\w+)=(.*)$/s.exec(text);
    if (match === null) throw new OptionError(`--option ${text}: expected measure.option=value`);
    const [, measureName, key, value] = match as unknown as [string, string, string, string];
    let read: unknown = value;
    try {
      read = JSON.parse(value);
    } catch {
      // A word without quotes is that word.
    }
    changes.set(measureName, { ...changes.get(measureName), [key]: read });
  }
  const wanted =
    names
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean) ?? null;
  for (const name of [...(wanted ?? []), ...changes.keys()]) {
    named(() => measureOptions(measures.get(name), changes.get(name)));
  }
  if (wanted === null && changes.size === 0) return null;
  // Naming options of one measure does not leave the others out.
  return (wanted ?? measures.names).map((name) => ({
    measure: name,
    options: changes.get(name) ?? {},
  }));
}

async function given(
  where: string,
  labels: string | undefined,
  most: number,
  part: 'train' | 'test',
): Promise<Given> {
  if (datasets.has(where)) {
    const { most: available } = datasets.get(where);
    const classes = datasets.get(where).classes.length;
    const count = (set: 'train' | 'test') => Math.min(most, available[set]);
    if (count(part) < classes)
      throw new DataSpecError(part, count(part), `at least ${classes}, one of each class`);
    const split = await loadData({
      name: where,
      train: Math.max(classes, count('train')),
      test: Math.max(classes, count('test')),
    });
    return { ...plain(split[part]), name: where };
  }
  // A bare word is a folder where there is one of that name.
  if (!/[./\\]/.test(where) && !existsSync(where)) {
    named(() => datasets.get(where), ', or a folder or .npy file');
  }
  return { ...(await readOwnImages(where, labels)), name: basename(resolve(where)) };
}

function plain({ images, labels, shape, classes }: Dataset): Omit<Given, 'name'> {
  return { images: { data: images, shape }, labels, classes };
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new OptionError(`${name} ${text}: expected a whole number of at least ${least}`);
  }
  return value;
}

function tableOf(readings: readonly Reading[], seconds: ReadonlyMap<string, number>): string {
  const rows = readings.map(({ measure: name, value, interval, unit, saturation }) => [
    name,
    digits(value),
    interval === null ? '' : `${digits(interval.low)} – ${digits(interval.high)}`,
    saturation === null ? '' : `≤ ${digits(saturation)}`,
    unit,
    `${seconds.get(name)!.toFixed(1)} s`,
  ]);
  const head = ['measure', 'value', '95 % interval', 'ceiling', 'unit', 'time'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 1 ? cell.padStart(widths[1]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  return [pc.bold(line(head)), ...rows.map(line)].join('\n');
}
