/**
 * The verdict of a study: the order of each reading with depth, beside the same order where it should not be if learning
 * makes it (untrained nets) and where it should remain (nets matched in loss or in size).
 */
import { meanInterval } from '../stats/mean.js';
import { holm, type Trend, trend } from '../stats/trend.js';
import type { Row } from './table.js';

/** A column of a table of runs, as a verdict speaks of it. */
export interface VerdictReading {
  readonly field: string;
  /** Its name, with the unit in brackets: `Training loss (nats)`. */
  readonly title: string;
  /** Writes a mean. Three significant digits when left out. */
  readonly format?: (value: number) => string;
  /** Controls that cannot speak of it, as equal loss cannot of the loss. */
  readonly without?: readonly string[];
}

export interface VerdictOptions {
  /** Rows of nets before training. */
  readonly untrained?: readonly Row[];
  /** Name of what is held equal → rows of nets that were matched in it: `{'equal loss': rows}`. */
  readonly matched?: Readonly<Record<string, readonly Row[]>>;
  /** An order is clear where its corrected p value lies below this; 0.05 when left out. */
  readonly level?: number;
}

/** What a family of nets says of one reading. */
export interface Finding {
  readonly field: string;
  readonly title: string;
  readonly family: string;
  /** Means at the two ends of the ladder, in words; a dash where no net has the reading. */
  readonly shallow: string;
  readonly deep: string;
  /** Null where fewer than two depths have the reading. */
  readonly order: Trend | null;
  /** p value of the order, corrected for all findings of the verdict (Holm 1979). */
  readonly p: number | null;
  readonly isClear: boolean;
  /** Name of a control → the order there; null where it has none, or cannot speak of the reading. */
  readonly controls: Readonly<Record<string, Trend | null>>;
  /** Names of the controls in which the same order is clear (p below the level, uncorrected). */
  readonly sameIn: readonly string[];
}

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly families: readonly string[];
  /** Least and greatest depth, in weighted layers. */
  readonly depths: readonly [shallow: number, deep: number];
  /** Names of the matched controls, in the order given. */
  readonly matched: readonly string[];
  readonly hasUntrained: boolean;
}

const untrainedName = 'untrained';

/**
 * Orders of some readings with depth, one finding a reading and family.
 *
 * @param rows of the trained nets that the verdict is on, with the columns `family` and `depth` (see `runTable`).
 * @throws RangeError when there are no rows or no readings.
 */
export function verdict(
  rows: readonly Row[],
  readings: readonly VerdictReading[],
  options: VerdictOptions = {},
): Verdict {
  const { untrained, matched = {}, level = 0.05 } = options;
  if (rows.length === 0) throw new RangeError('a verdict needs at least one trained net');
  if (readings.length === 0) throw new RangeError('a verdict needs at least one reading');
  const families = [...new Set(rows.map((row) => String(row.family)))];
  const every = rows.map((row) => Number(row.depth));
  const depths = [Math.min(...every), Math.max(...every)] as const;
  const controls = { ...(untrained && { [untrainedName]: untrained }), ...matched };

  const found = readings.flatMap((reading) =>
    families.map((family) => ({
      reading,
      family,
      order: orderOf(rows, family, reading.field),
      ends: depths.map((depth) => meanAt(rows, { family, depth }, reading)),
      controls: Object.fromEntries(
        Object.entries(controls).map(([name, some]) => [
          name,
          reading.without?.includes(name) ? null : orderOf(some, family, reading.field),
        ]),
      ),
    })),
  );
  const corrected = holm(found.map(({ order }) => order?.p ?? 1));
  const findings = found.map(({ reading, family, order, ends, controls: others }, index) => ({
    field: reading.field,
    title: reading.title,
    family,
    shallow: ends[0]!,
    deep: ends[1]!,
    order,
    p: order === null ? null : corrected[index]!,
    isClear: order !== null && corrected[index]! < level,
    controls: others,
    sameIn: Object.keys(others).filter((name) => isSame(order, others[name]!, level)),
  }));
  return {
    findings,
    families,
    depths,
    matched: Object.keys(matched),
    hasUntrained: untrained !== undefined,
  };
}

/** A verdict as a table: rows of plain values, and its columns as `table` and `resultTable` take them. */
export function verdictTable({ findings, depths, matched, hasUntrained }: Verdict) {
  const controls = [...(hasUntrained ? [untrainedName] : []), ...matched];
  const tau = { format: 2 };
  return {
    rows: findings.map(({ title, family, shallow, deep, order, p, controls: others }) => ({
      reading: title,
      family,
      shallow,
      deep,
      tau: order?.value ?? null,
      low: order?.interval?.low ?? null,
      high: order?.interval?.high ?? null,
      p,
      ...Object.fromEntries(controls.map((name) => [name, others[name]?.value ?? null])),
    })),
    columns: {
      reading: { title: 'Reading' },
      family: { title: 'Family' },
      shallow: { title: `Depth ${depths[0]}` },
      deep: { title: `Depth ${depths[1]}` },
      tau: { title: 'τ', ...tau },
      low: { title: '95 % from', ...tau },
      high: { title: 'to', ...tau },
      p: {
        title: 'p (Holm)',
        format: (value: unknown) =>
          value === null ? '' : Number(value) < 0.001 ? '< 0.001' : Number(value).toFixed(3),
      },
      ...Object.fromEntries(controls.map((name) => [name, { title: `τ, ${name}`, ...tau }])),
    },
  };
}

/** A sentence (Markdown) for each reading with a clear order, and one for those without. */
export function verdictSentences(given: Verdict): string[] {
  const sentences = clearReadings(given).map(
    ({ title, own }) => `**${title}**: ${ways(own)}${checks(own, given)}.`,
  );
  const unclear = titlesOf(given).filter((title) =>
    given.findings.every((finding) => finding.title !== title || !finding.isClear),
  );
  if (unclear.length > 0) {
    const where = given.families.length === 1 ? 'these nets' : 'any family';
    sentences.push(`No clear order with depth in ${where}: ${listed(unclear.map(lower))}.`);
  }
  return sentences;
}

export interface StandingReading {
  readonly title: string;
  readonly rises: boolean;
  /** True where every matched control keeps the order and untrained nets do not have it. */
  readonly stands: boolean;
}

/** The readings with the same clear order in every family; `fields` picks some of them. */
export function commonOrders(given: Verdict, fields?: readonly string[]): StandingReading[] {
  return clearReadings(given)
    .filter(({ own }) => fields === undefined || fields.includes(own[0]!.field))
    .filter(
      ({ own }) =>
        own.length === given.families.length &&
        new Set(own.map(({ order }) => Math.sign(order!.value))).size === 1,
    )
    .map(({ title, own }) => ({
      title,
      rises: own[0]!.order!.value > 0,
      stands: own.every(
        ({ sameIn }) =>
          !sameIn.includes(untrainedName) && given.matched.every((name) => sameIn.includes(name)),
      ),
    }));
}

/** The verdict in two sentences. `fields` picks the readings that it speaks of; `noun` is what they are called. */
export function verdictInShort(
  given: Verdict,
  { fields, noun = 'readings' }: { fields?: readonly string[]; noun?: string } = {},
): string {
  const { families, depths, matched, hasUntrained } = given;
  const count = titlesOf(given, fields).length;
  const all = `${count} ${count === 1 ? noun.replace('readings', 'reading') : noun}`;
  const common = commonOrders(given, fields);
  const range = `from depth ${depths[0]} to depth ${depths[1]}`;
  const where =
    families.length === 1 ? '' : families.length === 2 ? ' in both families' : ' in all families';
  if (common.length === 0) return `None of ${all} has a clear order ${range}${where}.`;
  const named = common.map(({ title, rises }) => `${lower(title)} (${rises ? 'up' : 'down'})`);
  const claim = `Of ${all}, ${common.length} ${common.length === 1 ? 'has' : 'have'} a clear order ${range}${where}: ${listed(named)}.`;
  const conditions = [
    ...matched.map((name) => `at ${name} too`),
    ...(hasUntrained ? ['not before training'] : []),
  ];
  if (conditions.length === 0) return claim;
  const standing = common.filter(({ stands }) => stands).map(({ title }) => lower(title));
  return `${claim} ${upper(listed(conditions))}: ${standing.length === 0 ? 'none of them' : listed(standing)}.`;
}

/** `a, b and c`. */
function listed(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

/** Readings with a clear order in one family or more, with the findings that are clear. */
function clearReadings({ findings }: Verdict) {
  const clear = findings.filter(({ isClear }) => isClear);
  return [...new Set(clear.map(({ title }) => title))].map((title) => ({
    title,
    own: clear.filter((finding) => finding.title === title),
  }));
}

function titlesOf({ findings }: Verdict, fields?: readonly string[]): string[] {
  const own = findings.filter(({ field }) => fields === undefined || fields.includes(field));
  return [...new Set(own.map(({ title }) => title))];
}

function ways(own: readonly Finding[]): string {
  const directions = [true, false].map((rises) => {
    const names = own
      .filter(({ order }) => order!.value > 0 === rises)
      .map(({ family, order }) => `${family} (τ\u00a0=\u00a0${signed(order!.value)})`);
    return names.length === 0 ? '' : `${rises ? 'up' : 'down'} with depth in ${listed(names)} nets`;
  });
  return directions.filter(Boolean).join(', ');
}

/** What the controls say of clear orders of one reading. */
function checks(own: readonly Finding[], { matched }: Verdict): string {
  const nets = (some: readonly Finding[]) => `${listed(some.map(({ family }) => family))} nets`;
  const inborn = own.filter(({ sameIn }) => sameIn.includes(untrainedName));
  const parts =
    inborn.length === 0
      ? []
      : [`; untrained ${nets(inborn)} show the same order, so that training is not what makes it`];
  for (const name of matched) {
    const compared = own.filter(({ controls }) => controls[name] !== null);
    const kept = compared.filter(({ sameIn }) => sameIn.includes(name));
    const lost = compared.filter(({ sameIn }) => !sameIn.includes(name));
    if (lost.length > 0) parts.push(`; at ${name} the order is not clear in ${nets(lost)}`);
    if (kept.length > 0) parts.push(`; at ${name} it remains in ${nets(kept)}`);
  }
  return parts.join('');
}

/** τ of a reading with depth in one family; null where fewer than two depths have it. */
function orderOf(rows: readonly Row[], family: string, field: string): Trend | null {
  const own = rows.filter((row) => row.family === family && typeof row[field] === 'number');
  const depths = own.map((row) => Number(row.depth));
  if (new Set(depths).size < 2) return null;
  return trend(
    depths,
    own.map((row) => Number(row[field])),
  );
}

function isSame(order: Trend | null, other: Trend | null, level: number): boolean {
  if (order === null || other === null) return false;
  return other.p < level && Math.sign(other.value) === Math.sign(order.value);
}

function meanAt(
  rows: readonly Row[],
  { family, depth }: { family: string; depth: number },
  { field, format = threeDigits }: VerdictReading,
): string {
  const values = rows
    .filter((row) => row.family === family && row.depth === depth)
    .map((row) => row[field])
    .filter((value): value is number => typeof value === 'number');
  return values.length === 0 ? '–' : format(meanInterval(values).value).replace('-', '−');
}

function threeDigits(value: number): string {
  if (Math.abs(value) >= 999.5) return Math.round(value).toLocaleString('en');
  const digits = { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };
  return value === 0 ? '0' : value.toLocaleString('en', digits);
}

function signed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

/** A title within a sentence: without its unit, and small where its first word is no name. */
function lower(title: string): string {
  const bare = title.replace(/ \([^()]*\)$/, '');
  return /^(?:Jacobian|Lipschitz|[A-Z]{2})/.test(bare)
    ? bare
    : bare.charAt(0).toLowerCase() + bare.slice(1);
}

function upper(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
