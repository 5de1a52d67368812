import type { DataSpec } from '../data/dataset.js';
import type { NetSpec } from '../nets/spec.js';
import type { EpochMetrics, Outcome, Recipe } from '../train/recipe.js';
import type { Reading } from '../measure/measure.js';

/** A grid cell: one net, trained one way on one dataset. The seeds are inside. */
export interface Cell {
  readonly data: DataSpec;
  readonly net: NetSpec;
  readonly recipe: Recipe;
}

/** What is kept of a trained grid cell, as `record.json`. Same configuration, same bytes. */
export interface RunRecord {
  readonly format: 1;
  /** SHA-256 of the canonical cell, the dataset digests and the recipe version. */
  readonly key: string;
  readonly cell: Cell;
  readonly digests: { readonly train: string; readonly test: string };
  readonly parameters: number;
  readonly multiplyAdds: number;
  readonly outcome: Outcome;
  /** Also kept a line each in `metrics.jsonl`, as they are made. */
  readonly metrics: readonly EpochMetrics[];
}

/** A record with the readings asked of it; `provenance` (machine, versions, seconds) lies beside the record, not in it. */
export interface Run extends RunRecord {
  readonly readings: readonly Reading[];
  readonly provenance: Provenance;
  /** Directory of the saved net (`net/model.json`) and the record. */
  readonly directory: string;
}

export interface Provenance {
  readonly fathom: string;
  readonly node: string;
  readonly tensorflow: string;
  readonly backend: string;
  readonly threads: number;
  readonly platform: string;
  readonly seconds: number;
}
