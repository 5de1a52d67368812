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
import { runStudy, type RunStudyOptions } from './lab/study/run-study.js';
import type { Study } from './lab/study/study.js';
import { markdown, show } from './press/kernel/show.js';

export { ready, tf } from './lab/tensor/index.js';
export { random } from './lab/tensor/index.js';
export type { DataSpec, Dataset, Split } from './lab/data/dataset.js';
export { datasets } from './lab/data/datasets.js';
export { loadData } from './lab/data/load-data.js';
export {
  buildNet,
  families,
  graphOf,
  ladder,
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
export { train } from './lab/train/train.js';
export { cells, study } from './lab/study/study.js';
export type { Study, StudyOptions } from './lab/study/study.js';
export { runStudy } from './lab/study/run-study.js';
export { epochTable, layerTable, runTable } from './lab/study/table.js';
export type { Row } from './lab/study/table.js';
export type { Cell, Run, RunRecord } from './lab/study/record.js';
export * from './lab/measure/index.js';
export * from './lab/stats/index.js';
export { barChart } from './lab/chart/bars.js';
export { confusionChart } from './lab/chart/confusion.js';
export { ladderChart } from './lab/chart/ladder.js';
export { layerProfile } from './lab/chart/layer-profile.js';
export { learningCurves } from './lab/chart/learning-curves.js';
export { pictureRows } from './lab/chart/pictures.js';
export type { Tile, TileRow } from './lab/chart/pictures.js';
export { scatterChart } from './lab/chart/scatter.js';
export { chart } from './lab/chart/spec.js';
export type { ChartSpec } from './lab/chart/spec.js';
export { html, markdown, show, svg, table } from './press/kernel/show.js';
export type { ShowOptions, Shown } from './press/kernel/show.js';
export { result, resultTable } from './press/kernel/result.js';
export type { ResultOptions, ResultTableOptions } from './press/kernel/result.js';

/**
 * Trains and measures a study as `runStudy` does, with the progress, the time left and the training losses live under the
 * notebook cell.
 */
export function trainStudy(study: Study, options: RunStudyOptions = {}): Promise<Run[]> {
  return runStudy(study, { onProgress: liveProgress({ show, markdown }), ...options });
}
