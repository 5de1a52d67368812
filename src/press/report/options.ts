// What a notebook cell says about its own place in the report: options in its first comment lines, and tags.
//
//   //| label: fig-accuracy
//   //| fig-cap: Test accuracy by depth.
//   //| code-fold: true
//
// The comment sign is that of the language (`//|`, `#|`, `--|`, `%%|`). The lines together are one YAML mapping.
import { parseDocument } from 'yaml';
import { mayRaise, optionLine } from '../notebook/cell-flags.js';
import type { CodeCell } from '../notebook/nbformat.js';
import type { Column } from './document.js';
import { nearest } from '../../shared/nearest.js';

export interface CellOptions {
  readonly label: string | null;
  /** One caption, or one for each figure that the cell shows. */
  readonly figureCaptions: readonly string[];
  readonly figureAlts: readonly string[];
  readonly tableCaptions: readonly string[];
  readonly input: 'shown' | 'folded-open' | 'folded' | 'removed';
  readonly codeSummary: string | null;
  readonly output: 'shown' | 'folded' | 'removed';
  /** What the cell prints is markdown, to be set like prose. */
  readonly isMarkdown: boolean;
  /** An error output of this cell is expected. */
  readonly errorExpected: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly column: Column;
  readonly removed: boolean;
  readonly isParameters: boolean;
}

/** What holds for a whole notebook unless a cell says otherwise. */
export interface CellDefaults {
  readonly echo: boolean;
  readonly codeFold: boolean | 'show';
}

export interface OptionProblem {
  readonly kind: 'unknown-option' | 'bad-option' | 'unknown-tag' | 'foreign-option';
  readonly severity: 'error' | 'warning';
  /** Line in the cell, from 1; null for a tag. */
  readonly line: number | null;
  readonly message: string;
}

const columns: Record<string, Column> = {
  body: 'body',
  'column-body': 'body',
  page: 'page',
  'column-page': 'page',
  screen: 'screen',
  'column-screen': 'screen',
};

type Rule = { readonly expected: string; readonly accepts: (value: unknown) => boolean };
const flag: Rule = {
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};
const text: Rule = { expected: 'text', accepts: (value) => typeof value === 'string' };
const texts: Rule = {
  expected: 'text, or a list of texts',
  accepts: (value) =>
    typeof value === 'string' ||
    (Array.isArray(value) && value.every((item) => typeof item === 'string')),
};
const label: Rule = {
  expected: 'letters, digits and - . : _, such as fig-accuracy',
  accepts: (value) => typeof value === 'string' && /^[A-Za-z][\w.:-]*$/.test(value),
};
const oneOf = (...choices: readonly unknown[]): Rule => ({
  expected: `one of ${choices.join(', ')}`,
  accepts: (value) => choices.includes(value),
});

const rules: Record<string, Rule> = {
  label,
  'fig-cap': texts,
  'fig-alt': texts,
  'tbl-cap': texts,
  echo: oneOf(true, false, 'fenced'),
  eval: flag,
  include: flag,
  'code-fold': oneOf(true, false, 'show'),
  'code-summary': text,
  output: oneOf(true, false, 'fold', 'asis'),
  error: flag,
  warning: flag,
  column: oneOf(...Object.keys(columns)),
};

/** Options of Quarto that mean something there and nothing here: a notebook that has them is not wrong. */
const foreign =
  'cache classes code-annotations code-line-numbers code-overflow collapse comment dpi fig-align fig-asp fig-column fig-dpi fig-env fig-format fig-height fig-link fig-pos fig-scap fig-subcap fig-width freeze id layout layout-align layout-ncol layout-nrow layout-valign lst-cap lst-label message out-height out-width panel prompt renderings results strip-white tags tbl-cap-location tbl-colwidths tbl-column tbl-subcap tidy'.split(
    ' ',
  );

const tags = [
  'hide-input',
  'hide-output',
  'hide-cell',
  'remove-input',
  'remove-output',
  'remove-cell',
  'remove-stdout',
  'remove-stderr',
  'full-width',
  'raises-exception',
  'skip-execution',
  'parameters',
  'injected-parameters',
];

/** Options of more lines are no options. */
const maximumLines = 200;

/** The options of a cell, its source without the option lines, and what is wrong with them. */
export function readCellOptions(
  cell: CodeCell,
  defaults: CellDefaults = { echo: true, codeFold: false },
): { options: CellOptions; source: string; problems: OptionProblem[] } {
  const problems: OptionProblem[] = [];
  const lines = cell.source.split('\n');
  let count = 0;
  while (count < Math.min(lines.length, maximumLines) && optionLine.test(lines[count]!)) count++;
  const given = parseOptions(
    lines.slice(0, count).map((line) => optionLine.exec(line)![1]!),
    problems,
  );
  const has = readTags(cell.metadata.tags ?? [], problems);

  const option = (name: string) => given.get(name);
  const list = (name: string): string[] => {
    const value = option(name);
    return value === undefined ? [] : Array.isArray(value) ? (value as string[]) : [String(value)];
  };
  const echo = option('echo') ?? defaults.echo;
  const fold = option('code-fold') ?? defaults.codeFold;
  const includes = option('include') !== false;
  let input: CellOptions['input'] =
    fold === true ? 'folded' : fold === 'show' ? 'folded-open' : 'shown';
  if (has('hide-input') || has('hide-cell')) input = 'folded';
  if (echo === false || has('remove-input')) input = 'removed';
  const isFenced = echo === 'fenced';
  let output: CellOptions['output'] = option('output') === 'fold' ? 'folded' : 'shown';
  if (has('hide-output') || has('hide-cell')) output = 'folded';
  if (option('output') === false || has('remove-output')) output = 'removed';

  const options: CellOptions = {
    label: (option('label') as string | undefined) ?? null,
    figureCaptions: list('fig-cap'),
    figureAlts: list('fig-alt'),
    tableCaptions: list('tbl-cap'),
    input,
    codeSummary: (option('code-summary') as string | undefined) ?? null,
    output,
    isMarkdown: option('output') === 'asis',
    errorExpected: mayRaise(cell),
    stdout: !has('remove-stdout'),
    stderr: option('warning') !== false && !has('remove-stderr'),
    column: columns[String(option('column') ?? (has('full-width') ? 'page' : 'body'))]!,
    removed: !includes || has('remove-cell'),
    isParameters: has('parameters') || has('injected-parameters'),
  };
  return {
    options,
    source: lines
      // The cell as its author wrote it, but for the line that asks for this.
      .filter((line, index) => index >= count || (isFenced && !/\|\s*echo\s*:/.test(line)))
      .join('\n')
      .replace(/^\n+|\s+$/g, ''),
    problems,
  };
}

function parseOptions(lines: readonly string[], problems: OptionProblem[]): Map<string, unknown> {
  const given = new Map<string, unknown>();
  if (lines.length === 0) return given;
  const parsed = parseDocument(lines.join('\n'), { prettyErrors: false });
  const lineOf = (offset: number) => lines.join('\n').slice(0, offset).split('\n').length;
  for (const error of parsed.errors) {
    problems.push({
      kind: 'bad-option',
      severity: 'error',
      line: lineOf(error.pos[0]),
      message: `cannot read the cell options: ${error.message}`,
    });
  }
  if (parsed.errors.length > 0) return given;
  const contents = parsed.contents as {
    items?: { key: { value?: unknown; range?: [number, number, number] } }[];
  } | null;
  let values: Record<string, unknown> | null;
  try {
    values = parsed.toJS({ maxAliasCount: 0 }) as Record<string, unknown> | null;
  } catch (error) {
    const message = `cannot read the cell options: ${(error as Error).message}`;
    problems.push({ kind: 'bad-option', severity: 'error', line: 1, message });
    return given;
  }
  if (!Array.isArray(contents?.items) || typeof values !== 'object' || values === null) {
    problems.push({
      kind: 'bad-option',
      severity: 'error',
      line: 1,
      message: 'cell options must have the form "name: value"',
    });
    return given;
  }
  for (const { key } of contents.items) {
    const name = String(key.value);
    const line = lineOf(key.range?.[0] ?? 0);
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const value = values[name];
    if (!rule && foreign.includes(name)) {
      problems.push({
        kind: 'foreign-option',
        severity: 'warning',
        line,
        message: `cell option "${name}" does nothing in a report`,
      });
    } else if (!rule) {
      const meant = nearest(name, Object.keys(rules));
      problems.push({
        kind: 'unknown-option',
        severity: 'error',
        line,
        message: `unknown cell option "${name}". ${meant ? `Did you mean "${meant}"?` : `Known options: ${Object.keys(rules).join(', ')}`}`,
      });
    } else if (!rule.accepts(value)) {
      problems.push({
        kind: 'bad-option',
        severity: 'error',
        line,
        message: `cell option "${name}" is ${JSON.stringify(value)}, but must be ${rule.expected}`,
      });
    } else given.set(name, value);
  }
  return given;
}

/** Tags are free text in Jupyter, so an unknown one is only worth a word if it looks like a slip of the hand. */
function readTags(given: readonly string[], problems: OptionProblem[]): (tag: string) => boolean {
  // nbconvert's users write underscores.
  const normal = new Set(given.map((tag) => tag.replaceAll('_', '-')));
  for (const tag of normal) {
    const meant = tags.includes(tag) || tag.length < 6 ? undefined : nearest(tag, tags);
    if (meant) {
      problems.push({
        kind: 'unknown-tag',
        severity: 'warning',
        line: null,
        message: `tag "${tag}" does nothing. Did you mean "${meant}"?`,
      });
    }
  }
  return (tag) => normal.has(tag);
}
