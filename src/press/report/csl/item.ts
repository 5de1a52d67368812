// CSL-JSON: what a bibliography holds of each work (https://docs.citationstyles.org, CSL 1.0.2, appendix IV).

export interface Name {
  readonly family?: string;
  readonly given?: string;
  readonly 'dropping-particle'?: string;
  readonly 'non-dropping-particle'?: string;
  readonly suffix?: string;
  readonly literal?: string;
}

export interface DateValue {
  readonly 'date-parts'?: readonly (readonly (number | string)[])[];
  readonly season?: number | string;
  readonly circa?: boolean | number | string;
  readonly literal?: string;
  readonly raw?: string;
}

export interface Item {
  readonly id: string;
  readonly type?: string;
  readonly language?: string;
  readonly [variable: string]: unknown;
}

export const nameVariables = new Set(
  `author chair collection-editor compiler composer container-author contributor curator director editor editorial-director
  editor-translator executive-producer guest host illustrator interviewer narrator organizer original-author performer producer
  recipient reviewed-author script-writer series-creator translator`.split(/\s+/),
);

export const dateVariables = new Set([
  'accessed',
  'available-date',
  'event-date',
  'issued',
  'original-date',
  'submitted',
]);

export function namesOf(item: Item, variable: string): readonly Name[] {
  const value = item[variable];
  return Array.isArray(value) ? (value as Name[]) : [];
}

export function dateOf(item: Item, variable: string): DateValue | null {
  const value = item[variable];
  if (typeof value !== 'object' || value === null) return null;
  const date = value as DateValue;
  return date['date-parts']?.[0]?.[0] !== undefined || date.literal || date.raw ? date : null;
}

/** Text or number of a variable; '' if there is none. */
export function textOf(item: Item, variable: string): string {
  const value = item[variable];
  if (variable === 'event' && value === undefined) return textOf(item, 'event-title');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function isNumeric(value: string): boolean {
  return /^[\p{L}]{0,3}\d+[\p{L}]{0,3}(?:\s*[,&–-]\s*[\p{L}]{0,3}\d+[\p{L}]{0,3})*$/u.test(
    value.trim(),
  );
}
