// Keeps what an edition was built from: reads in its manifests which runs its chapters used, and ships these.
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { bytesOf, keepRuns, shipRuns } from '../lab/study/ship.js';
import { storeDirectory } from '../lab/study/store.js';
import { writeWhole } from '../shared/whole-file.js';
import { readManifest } from '../press/run/manifest.js';
import { plan } from '../press/run/plan.js';

/** An edition that cannot be recorded: it is not built, or its runs are not in the store. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
  readonly exitCode = 2;
}

/** By edition and chapter, the keys of the runs that were used. */
type Editions = Record<string, Record<string, string[]>>;

/** Records an edition of the book found from here; returns what to tell. */
export async function recordEdition({
  profile,
  nets = false,
}: {
  readonly profile?: string;
  readonly nets?: boolean;
}): Promise<string[]> {
  const { book, profile: found, project, out, chapters } = await plan({ notebooks: [], profile });
  const edition = found?.name ?? 'all';
  const runs: Record<string, string[]> = {};
  for (const { name } of chapters) {
    const manifest = await readManifest(out, name);
    if (!manifest) {
      const build = found ? `fathom build --profile ${found.name}` : 'fathom build';
      throw new RecordError(
        `chapter ${name} is not built in ${relative(process.cwd(), out)}; first run: ${build}`,
      );
    }
    runs[name] = manifest.read
      .filter((each) => each.kind === 'data' && each.name.startsWith('run '))
      .map(({ digest }) => digest);
  }
  const recorded = join(project, 'reports', 'recorded');
  const keys = [...new Set(Object.values(runs).flat())];
  const shipped = await shipRuns(keys, { store: storeDirectory(project), recorded, nets });
  if (shipped.missing.length > 0) {
    throw new RecordError(
      `${shipped.missing.length} of ${keys.length} runs are not in the store any more, such as ${shipped.missing[0]!.slice(0, 12)}; ` +
        'build the edition again with --no-cache',
    );
  }
  const file = join(recorded, 'editions.json');
  const before = await readEditions(file);
  const editions = { ...before, [edition]: runs };
  await writeWhole(file, `${JSON.stringify(editions, null, 2)}\n`);
  const used = new Set(Object.values(editions).flatMap((each) => Object.values(each).flat()));
  const gone = await keepRuns(recorded, used);
  const size = ((await bytesOf(recorded)) / 1e6).toFixed(1);
  return [
    `edition ${edition} of "${book!.title}": ${shipped.runs} runs, ${shipped.added} new${gone > 0 ? `, ${gone} no longer used` : ''}`,
    `${relative(process.cwd(), recorded)}  ${used.size} runs in all, ${size} MB`,
  ];
}

async function readEditions(file: string): Promise<Editions> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return JSON.parse(text) as Editions;
  } catch {
    throw new RecordError(
      `${file}: not valid JSON; restore it, or remove it and record each edition`,
    );
  }
}
