// From the name of a dataset to images in memory.
import { cacheDirectory } from '../../shared/cache-directory.js';
import { cacheFile, readCache, writeCache } from './cache.js';
import { dataSpec } from './data-spec.js';
import type { DataSpec, Split } from './dataset.js';
import { datasets } from './datasets.js';
import { noteDependency, noteFile } from './dependencies.js';
import type { DataProgress, Located, Parts } from './source.js';
import { balancedSubset, datasetOf, shuffleLabels } from './subset.js';

export interface LoadOptions {
  /** Cache folder; default `cacheDirectory()`. */
  readonly cache?: string | undefined;
  /** File or folder to read instead of the usual place: for `cifar-10` the archive or its folder. */
  readonly path?: string | undefined;
  /** Whether a missing dataset may be downloaded; default: only when `FATHOM_DOWNLOAD` is 1. */
  readonly download?: boolean | undefined;
  readonly onProgress?: ((progress: DataProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Training and held-out images: balanced, seeded subsets of the two parts of a dataset, pixels in [0, 1].
 *
 * The files are read and checked once, then kept in the cache as bytes. The test images are never relabelled.
 *
 * Throws `UnknownNameError` and `DataSpecError` for a bad spec, `MissingDataError` when the files are not here,
 * `DataFileError` when one is damaged, `DownloadError`.
 */
export async function loadData(
  partial: Partial<DataSpec> & { readonly name: string },
  options: LoadOptions = {},
): Promise<Split> {
  const spec = dataSpec(partial);
  const source = datasets.get(spec.name);
  const onProgress = options.onProgress ?? (() => {});
  const cache = options.cache ?? cacheDirectory();
  const located = await source.locate({
    path: options.path ?? null,
    cache,
    download: options.download ?? process.env.FATHOM_DOWNLOAD === '1',
    onProgress,
    signal: options.signal ?? null,
  });
  const { train, test } = await cached(spec.name, cache, located, onProgress);
  const pick = (part: 'train' | 'test') => {
    const { labels } = { train, test }[part];
    return balancedSubset(labels, source.classes.length, spec[part], spec.seed, part);
  };
  const { shuffledLabels: share } = spec;
  const shuffled = share === 0 ? '' : `, ${Number((share * 100).toFixed(2))} % of labels shuffled`;
  const split: Split = {
    train: datasetOf(source, `${spec.name}${shuffled}`, train, pick('train'), (labels) =>
      share === 0 ? labels : shuffleLabels(labels, share, spec.seed),
    ),
    test: datasetOf(source, spec.name, test, pick('test')),
  };
  for (const file of located.files ?? []) await noteFile(file);
  for (const part of ['train', 'test'] as const) {
    const { name, digest } = split[part];
    noteDependency({ kind: 'data', name: `${name}, ${part}`, digest });
  }
  return split;
}

async function cached(
  dataset: string,
  cache: string,
  located: Located,
  onProgress: (progress: DataProgress) => void,
): Promise<Parts> {
  const file = cacheFile(cache, dataset, located.fingerprint);
  const note = (text: string) =>
    onProgress({ dataset, stage: 'cache', done: 0, total: null, note: text });
  const kept = await readCache(file, dataset, located.fingerprint);
  if (!('bad' in kept)) return kept;
  if (kept.bad !== null) note(`${file} is made anew: ${kept.bad}`);
  const parts = await located.read();
  try {
    await writeCache(file, dataset, located.fingerprint, parts);
  } catch (error) {
    // A full or read-only disk makes the next load slower and this one no worse.
    note(`${file} could not be written: ${(error as Error).message}`);
  }
  return parts;
}
