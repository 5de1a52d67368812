// What every chart is: a Vega-Lite specification with its data inside, a theme, and words for those who do not see it.
import { theme } from './theme.js';

/** A Vega-Lite v5-compatible specification: plain JSON. */
export interface ChartSpec {
  readonly $schema: 'https://vega.github.io/schema/vega-lite/v5.json';
  /** Alternative text: what the chart shows, with the numbers that matter. */
  readonly description: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** A number that no chart can show. */
export class NonFiniteChartData extends Error {
  override readonly name = 'NonFiniteChartData';
  constructor(
    readonly field: string,
    readonly value: unknown,
    readonly row: unknown,
  ) {
    super(
      `chart: field "${field}" is ${String(value)} in ${JSON.stringify(row)}. ` +
        'Leave such rows out (and say so in the text), or repair the reading that made them',
    );
  }
}

/** Chart data that cannot be drawn as asked: no rows, a field that no row has, … */
export class InvalidChartData extends Error {
  override readonly name = 'InvalidChartData';
}

/** Puts a chart together; throws `NonFiniteChartData` when any number in it is not finite or any value is undefined. */
export function chart(description: string, body: Readonly<Record<string, unknown>>): ChartSpec {
  if (!/\S.*\.$/s.test(description)) {
    throw new InvalidChartData(
      `chart: the description must be a sentence, not ${JSON.stringify(description)}`,
    );
  }
  checkFinite(body, 'specification', body);
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    description,
    config: theme,
    ...body,
  };
}

function checkFinite(value: unknown, field: string, row: unknown): void {
  if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) {
    throw new NonFiniteChartData(field, value, isSmall(row) ? row : field);
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      const inside = typeof item === 'object' && item !== null;
      checkFinite(item, field, inside ? item : row);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) checkFinite(item, key, value);
  }
}

function isSmall(row: unknown): boolean {
  return (
    typeof row === 'object' &&
    row !== null &&
    Object.values(row).every((value) => typeof value !== 'object' || value === null)
  );
}
