// What a report says about how it was made. Only what is the same in every build of the same inputs: no times, no host.

export interface Provenance {
  readonly commit: string | null;
  /** Whether files differed from the commit. */
  readonly dirty: boolean;
  /** Name → version: fathom, node, tensorflow, vega, … */
  readonly versions: Readonly<Record<string, string>>;
  /** SHA-256 of the lockfile: it says which versions of all other packages there were. */
  readonly lockfile: string | null;
  /** Name → version of the fonts in the report. */
  readonly fonts: Readonly<Record<string, string>>;
  /** What printed, in a PDF. A page does not depend on it. */
  readonly browser?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Name → SHA-256 of the bytes in use. */
  readonly data: Readonly<Record<string, string>>;
  /** Keys of the run records that the notebook read. */
  readonly records: readonly string[];
  readonly seeds: readonly number[];
}

/** Lines for a reader: a label and its value. */
export function provenanceLines(provenance: Provenance): { label: string; value: string }[] {
  const pairs = (record: Readonly<Record<string, unknown>>, shorten = false) =>
    Object.entries(record)
      .map(([name, value]) => {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        return `${name} ${shorten ? text.slice(0, 12) : text}`;
      })
      .join(' · ');
  const { commit, dirty, versions, lockfile, fonts, browser } = provenance;
  const { parameters, data, records, seeds } = provenance;
  const fontNames = Object.entries(fonts).map(
    ([name, version]) => [name.replace(/^.*\//, '').replaceAll('-', ' '), version] as const,
  );
  const lines = [
    {
      label: 'Commit',
      value: commit ? `${commit.slice(0, 12)}${dirty ? ' with local changes' : ''}` : '',
    },
    { label: 'Versions', value: pairs(versions) },
    { label: 'Lockfile (SHA-256)', value: lockfile?.slice(0, 12) ?? '' },
    { label: 'Fonts', value: pairs(Object.fromEntries(fontNames)) },
    { label: 'Browser', value: browser ?? '' },
    { label: 'Parameters', value: pairs(parameters) },
    { label: 'Data (SHA-256)', value: pairs(data, true) },
    {
      label: 'Run records',
      value:
        records.length === 0
          ? ''
          : `${records.length}: ${records.map((key) => key.slice(0, 12)).join(' · ')}`,
    },
    { label: 'Seeds', value: seeds.join(', ') },
  ];
  return lines.filter((line) => line.value !== '');
}
