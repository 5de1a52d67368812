// A page of Markdown for each measure: what it is, from the comment at the head of its source; what it tells and what not, from the
// table in docs/measures.md; its options; and a reading made now on a small net.
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadData } from '../lab/data/index.js';
import type { Measure, Reading } from '../lab/measure/measure.js';
import { readMeasure, subject } from '../lab/measure/index.js';
import { measures } from '../lab/measure/measures.js';
import { buildNet } from '../lab/nets/index.js';
import { ready } from '../lab/tensor/index.js';
import { recipe } from '../lab/train/recipe.js';
import { train } from '../lab/train/train.js';
import { writeWhole } from '../shared/whole-file.js';
import { digits, optionWords, rangeText } from './measure-words.js';
import { OptionError } from './option-error.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Layers of an example that are printed at most. */
const mostLayers = 12;

/** Writes `<folder>/<measure>.md` for every measure, and an index. @throws OptionError where the sources are not at hand. */
export async function writeMeasurePages(folder: string): Promise<void> {
  await ready();
  const split = await loadData({ name: 'gratings', train: 200, test: 100 });
  const net = buildNet({
    family: 'residual',
    depth: 8,
    width: 4,
    input: split.train.shape.slice(1) as [number, number, number],
    classes: split.train.classes.length,
  });
  await train(net, split, recipe({ stop: { epochs: 4 } }));
  const of = subject(net, split);
  await mkdir(resolve(folder), { recursive: true });
  try {
    for (const measure of measures.all) {
      const example = await readMeasure(of, measure.name);
      const page = [await measurePageHead(measure), ...exampleLines(measure, example)].join('\n');
      await writeWhole(resolve(folder, `${measure.name}.md`), Buffer.from(page));
      console.log(join(folder, `${measure.name}.md`));
    }
  } finally {
    of.dispose();
  }
  const lines = measures.all.map(
    ({ name, title, question }) => `- [${title}](${name}.md): ${question}`,
  );
  const index = ['# The measures, a page each', '', ...lines, ''].join('\n');
  await writeWhole(resolve(folder, 'README.md'), Buffer.from(index));
}

interface Words {
  readonly tells: string;
  readonly not: string;
}

/** What each measure tells and what not, from the table of the overview. */
async function tableWords(): Promise<Map<string, Words>> {
  const text = await source(join(root, 'docs', 'measures.md'));
  const words = new Map<string, Words>();
  for (const line of text.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const name = /^`([\w-]+)`$/.exec(cells[1] ?? '')?.[1];
    if (name !== undefined && measures.has(name) && cells.length >= 8) {
      words.set(name, { tells: cells.at(-3)!, not: cells.at(-2)! });
    }
  }
  const missing = measures.names.find((name) => !words.has(name));
  if (missing !== undefined) throw new OptionError(`docs/measures.md has no row for ${missing}`);
  return words;
}

/** The comment at the head of a measure's source, as paragraphs. */
async function sourceComment(name: string): Promise<string> {
  const text = await source(join(root, 'src', 'lab', 'measure', `${name}.ts`));
  const comment = /^\/\*\*\n?(.*?)\*\//s.exec(text)?.[1] ?? /^((?:\/\/[^\n]*\n)+)/.exec(text)?.[1];
  if (comment === undefined)
    throw new OptionError(`the source of ${name} does not begin with a comment`);
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*(?:\*|\/\/) ?/, '').trimEnd())
    .join('\n')
    .trim();
}

async function source(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new OptionError(`--pages needs the sources of Fathom: ${(error as Error).message}`);
  }
}

/** A page up to its example: what the sources say of a measure. @throws OptionError where the sources are not at hand. */
export async function measurePageHead(measure: Measure): Promise<string> {
  const { name, title, question, unit, cost, needs, reference } = measure;
  const comment = await sourceComment(name);
  const { tells, not } = (await tableWords()).get(name)!;
  const rows = optionWords(measure).map(
    ({ name: key, value, about, choices }) =>
      `| \`${key}\` | \`${value}\` | ${about}${choices.length > 0 ? ` One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.` : ''} |`,
  );
  return [
    '<!-- Made by `npm run fathom -- measures --pages docs/measures`. -->',
    `# ${title}`,
    '',
    `**${question}**`,
    '',
    `\`${name}\`, in ${unit}, from ${rangeText(measure)}. Takes ${cost} for a net of depth 20 and width 16 with 2,000 images. Needs ${needs.join(', ')}. Reference: \`${reference}\` in \`notebooks/references.bib\`.`,
    '',
    '## What it is',
    '',
    comment,
    '',
    '## What it tells, and what not',
    '',
    `- It tells ${tells}.`,
    `- ${not}`,
    ...(rows.length === 0
      ? []
      : ['', '## Options', '', '| option | default | |', '|---|---|---|', ...rows]),
    '',
    '## An example',
    '',
  ].join('\n');
}

function exampleLines({ unit }: Measure, example: Reading): string[] {
  const layers = example.layers
    .slice(0, mostLayers)
    .map(
      ({ layer, position, value, interval, saturation }) =>
        `| ${layer} | ${position.toFixed(2)} | ${digits(value)} | ${interval ? `${digits(interval.low)} – ${digits(interval.high)}` : ''} | ${saturation === null ? '' : digits(saturation)} |`,
    );
  return [
    'A residual net of depth 8 and width 4, four epochs on 200 gratings (`gratings`), read with the defaults on 100 held-out ones:',
    '',
    `**${digits(example.value)}** ${unit}${example.interval ? `, ${Math.round(100 * example.interval.level)} % interval ${digits(example.interval.low)} to ${digits(example.interval.high)} (${example.interval.method})` : ''}${example.saturation === null ? '' : `; at most ${digits(example.saturation)} with this sample`}.`,
    ...example.notes.map((note) => `\n*${note}.*`),
    ...(layers.length === 0
      ? []
      : [
          '',
          '| layer | position | value | interval | ceiling |',
          '|---|---:|---:|---|---:|',
          ...layers,
        ]),
    ...(example.layers.length > mostLayers
      ? ['', `and ${example.layers.length - mostLayers} more layers.`]
      : []),
    '',
  ];
}
