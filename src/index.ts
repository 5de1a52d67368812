/**
 * The one module that a notebook imports: the lab (train, measure, chart) and the display side of the press.
 *
 * ```ts
 * import { study, trainStudy, ladderChart, show } from 'fathom';
 * const runs = await trainStudy(study({ data: 'fashion-mnist', axes: { 'net.depth': [8, 14, 20] }, seeds: [0, 1, 2] }));
 * show(ladderChart(runs, { y: 'testAccuracy' }));
 * ```
 */
import { liveProgress } from './lab/chart/live.js';
import type { Run } from './lab/study/record.js';
import { measure as measureNet } from './lab/measure/own.js';
import { runStudy as runGrid, type RunStudyOptions } from './lab/study/run-study.js';
import type { Study } from './lab/study/study.js';
import { train as trainNet } from './lab/train/train.js';
import { interruption } from './press/kernel/interruption.js';
import { markdown, show } from './press/kernel/show.js';

export { ready, tf } from './lab/tensor/index.js';
export { random } from './lab/tensor/index.js';
export type { DataSpec, Dataset, Split } from './lab/data/dataset.js';
export { datasets } from './lab/data/datasets.js';
export { loadData } from './lab/data/load-data.js';
export { readOwnImages } from './lab/data/own-images.js';
export type { OwnImages } from './lab/data/own-images.js';
export { publishedOrders, publishedSpectra, publishedTasks } from './lab/data/published-orders.js';
export {
  buildNet,
  families,
  graphOf,
  ladder,
  loadModel,
  loadNet,
  multiplyAdds,
  netSpec,
  parameters,
  rungs,
  saveNet,
} from './lab/nets/index.js';
export type { NetSpec } from './lab/nets/index.js';
export { forward } from './lab/nets/forward.js';
export { recipe } from './lab/train/recipe.js';
export type { EpochMetrics, Outcome, Recipe } from './lab/train/recipe.js';
export { type Predictor, type PredictorOptions, predictors } from './lab/study/predictors.js';
export { cells, study } from './lab/study/study.js';
export type { Study, StudyOptions } from './lab/study/study.js';
export { epochTable, layerTable, runTable } from './lab/study/table.js';
export type { Row } from './lab/study/table.js';
export {
  commonOrders,
  verdict,
  verdictInShort,
  verdictSentences,
  verdictTable,
} from './lab/study/verdict.js';
export type { Finding, Verdict, VerdictOptions, VerdictReading } from './lab/study/verdict.js';
export type { Cell, Run, RunRecord } from './lab/study/record.js';
export * from './lab/measure/index.js';
export * from './lab/stats/index.js';
export { barChart } from './lab/chart/bars.js';
export { confusionChart } from './lab/chart/confusion.js';
export { ladderChart } from './lab/chart/ladder.js';
export { layerProfile } from './lab/chart/layer-profile.js';
export { learningCurves } from './lab/chart/learning-curves.js';
export { matrixChart } from './lab/chart/matrix.js';
export { planePictures } from './lab/chart/plane.js';
export { readingProfile } from './lab/chart/reading-profile.js';
export { pictureRows } from './lab/chart/pictures.js';
export type { Tile, TileRow } from './lab/chart/pictures.js';
export { scatterChart } from './lab/chart/scatter.js';
export { chart } from './lab/chart/spec.js';
export type { ChartSpec } from './lab/chart/spec.js';
export type { Comm, CommEvent, CommOptions } from './press/kernel/comm.js';
export { openComm, registerCommTarget } from './press/kernel/comm.js';
export { clearOutput, html, markdown, show, svg, table } from './press/kernel/show.js';
export type { ShowOptions, Shown } from './press/kernel/show.js';
export { result, resultTable } from './press/kernel/result.js';
export type { ResultOptions, ResultTableOptions } from './press/kernel/result.js';

// What takes long ends when its notebook cell is interrupted: the code of a cell cannot be stopped from outside while it waits.

/** Trains and measures a study: see `RunStudyOptions`. Finished grid cells are kept when the notebook cell is interrupted. */
export const runStudy: typeof runGrid = (study, options = {}) =>
  runGrid(study, interruptible(options));

/**
 * Trains and measures a study as `runStudy` does, with the progress, the time left and the training losses live under the
 * notebook cell.
 */
export function trainStudy(study: Study, options: RunStudyOptions = {}): Promise<Run[]> {
  return runStudy(study, { onProgress: liveProgress({ show, markdown }), ...options });
}

/** Trains a model in place; see `Recipe` and `TrainOptions`. */
export const train: typeof trainNet = (model, split, recipe, options = {}) =>
  trainNet(model, split, recipe, interruptible(options));

/** Measures any tfjs Layers model on held-out images; see `MeasureOwnOptions`. */
export const measure: typeof measureNet = (model, images, labels, options = {}) =>
  measureNet(model, images, labels, interruptible(options));

/** Options whose signal is also aborted when the running notebook cell is interrupted. */
function interruptible<Options extends { readonly signal?: AbortSignal }>(
  options: Options,
): Options {
  const signals = [options.signal, interruption()].filter((signal) => signal !== undefined);
  return signals.length === 0 ? options : { ...options, signal: AbortSignal.any(signals) };
}
