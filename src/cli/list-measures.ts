// What `fathom measures` prints.
import { colours as pc } from '../shared/colours.js';
import type { Measure } from '../lab/measure/measure.js';
import { measures } from '../lab/measure/measures.js';
import { named, optionWords, rangeText, wrapped } from './measure-words.js';

/** Returns the exit code. @throws OptionError for a measure that does not exist, naming the nearest. */
export function listMeasures(name: string | undefined, json: boolean): number {
  const chosen = name === undefined ? measures.all : [named(() => measures.get(name))];
  if (json) {
    const plain = chosen.map(({ read: _, refuses: __, ...rest }) => rest);
    console.log(JSON.stringify(name === undefined ? plain : plain[0], infinite, 2));
  } else if (name === undefined) {
    for (const measure of chosen) console.log(line(measure));
    console.log(
      `\n${pc.dim('fathom measures <name> explains one, fathom measure <model> reads them.')}`,
    );
  } else {
    console.log(page(chosen[0]!));
  }
  return 0;
}

function line({ name, question, unit, cost, reference }: Measure): string {
  return `${pc.bold(name)}\n${wrapped(question, '  ')}\n  ${pc.dim(`${unit} · ${cost} · ${reference}`)}`;
}

function page(measure: Measure): string {
  const { name, title, question, unit, cost, needs, reference } = measure;
  const rows = optionWords(measure).map(
    ({ name: key, value, about, choices }) =>
      `  ${pc.bold(key)} = ${value}\n${wrapped(about, '    ')}` +
      (choices.length > 0
        ? `\n    ${pc.dim(`One of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}.`)}`
        : ''),
  );
  return [
    `${pc.bold(title)} (${name})`,
    question,
    '',
    `Unit       ${unit}, from ${rangeText(measure)}`,
    `Cost       ${cost}, for a net of depth 20 and width 16 with 2,000 images`,
    `Needs      ${needs.join(', ')}`,
    `Reference  ${reference} in notebooks/references.bib`,
    ...(rows.length === 0 ? [] : ['', 'Options', ...rows]),
  ].join('\n');
}

/** JSON has no infinity. */
function infinite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
