// Runs as tables of plain records, for charts, tests of a hypothesis, and files.
import type { Run } from './record.js';

export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** Which control a cell is, or `none` for the claim itself. */
export function controlOf(cell: Run['cell']): string {
  const controls: string[] = [];
  if (cell.recipe.stop.epochs === 0 || cell.recipe.stop.steps === 0) controls.push('untrained');
  if (cell.data.shuffledLabels > 0) controls.push('shuffled labels');
  if (cell.net.family === 'linear') controls.push('linear');
  return controls.length === 0 ? 'none' : controls.join(', ');
}

/** Name of a cell's line in a chart: its family, then its control where it is one. */
function seriesOf(cell: Run['cell']): string {
  const control = controlOf({ ...cell, net: { ...cell.net, family: '' } });
  return control === 'none' ? cell.net.family : `${cell.net.family}, ${control}`;
}

/** A cell in a few words: `residual-20 × 16, fashion-mnist 2000, seed 1`. */
export function cellName(cell: Run['cell']): string {
  const { data, net } = cell;
  const control = controlOf({ ...cell, net: { ...net, family: '' } });
  return (
    `${net.family}-${net.depth} × ${net.width}, ${data.name} ${data.train}, seed ${net.seed}` +
    (control === 'none' ? '' : ` (${control})`)
  );
}

/**
 * One row a run: what was trained, how it ended, the final metrics, and a column for each reading named after its measure.
 * A measure that was read with several options has a column for each: `name {option: value}`. What a run does not have is null
 * (a diverged run has no final metrics of worth, and no readings).
 */
export function runTable(runs: readonly Run[]): Row[] {
  const columns = readingColumns(runs);
  return runs.map((run) => {
    const { cell, outcome } = run;
    const last = run.metrics.at(-1) ?? null;
    const ended = outcome.status === 'trained' ? last : null;
    const gap = ended === null ? null : ended.trainAccuracy - ended.testAccuracy;
    const row: Record<string, string | number | boolean | null> = {
      key: run.key,
      series: seriesOf(cell),
      control: controlOf(cell),
      dataset: cell.data.name,
      trainImages: cell.data.train,
      testImages: cell.data.test,
      shuffledLabels: cell.data.shuffledLabels,
      family: cell.net.family,
      depth: cell.net.depth,
      width: cell.net.width,
      batchNorm: cell.net.batchNorm,
      seed: cell.net.seed,
      parameters: run.parameters,
      multiplyAdds: run.multiplyAdds,
      learningRate: cell.recipe.learningRate,
      status: outcome.status,
      stoppedBy: outcome.stoppedBy,
      epochs: outcome.epochs,
      steps: outcome.steps,
      trainLoss: ended?.trainLoss ?? null,
      trainAccuracy: ended?.trainAccuracy ?? null,
      testLoss: ended?.testLoss ?? null,
      testAccuracy: ended?.testAccuracy ?? null,
      accuracyGap: gap,
      seconds: run.provenance.seconds,
    };
    for (const column of columns) row[column.name] = null;
    for (const reading of run.readings) {
      const column = columns.find((item) => item.matches(reading));
      if (column) row[column.name] = reading.value;
    }
    return row;
  });
}

/** One row an epoch and run: the learning curves. Epoch 0 is before training. */
export function epochTable(runs: readonly Run[]): Row[] {
  return runs.flatMap((run) =>
    run.metrics.map((metrics) => ({
      key: run.key,
      series: seriesOf(run.cell),
      family: run.cell.net.family,
      depth: run.cell.net.depth,
      seed: run.cell.net.seed,
      ...metrics,
    })),
  );
}

/** One row a layer and run of one measure; `position` is 0 at the input and 1 at the output. */
export function layerTable(runs: readonly Run[], measure: string): Row[] {
  return runs.flatMap((run) =>
    run.readings
      .filter((reading) => reading.measure === measure)
      .flatMap((reading) =>
        reading.layers.map((layer, index) => ({
          key: run.key,
          series: seriesOf(run.cell),
          family: run.cell.net.family,
          depth: run.cell.net.depth,
          seed: run.cell.net.seed,
          layer: layer.layer,
          index,
          position: layer.position,
          value: layer.value,
          low: layer.interval?.low ?? null,
          high: layer.interval?.high ?? null,
          saturation: layer.saturation,
        })),
      ),
  );
}

type Reading = Run['readings'][number];

function readingColumns(runs: readonly Run[]) {
  const variants = new Map<string, Map<string, Reading['options']>>();
  for (const reading of runs.flatMap((run) => run.readings)) {
    const options = variants.get(reading.measure) ?? new Map<string, Reading['options']>();
    options.set(JSON.stringify(reading.options), reading.options);
    variants.set(reading.measure, options);
  }
  return [...variants].flatMap(([measure, options]) =>
    [...options].map(([key, value]) => ({
      name: options.size === 1 ? measure : `${measure} ${differing(value, [...options.values()])}`,
      matches: (reading: Reading) =>
        reading.measure === measure && JSON.stringify(reading.options) === key,
    })),
  );
}

/** The options that not all variants share, in words. */
function differing(options: Reading['options'], all: readonly Reading['options'][]): string {
  const names = Object.keys(options).filter(
    (name) => new Set(all.map((other) => JSON.stringify(other[name]))).size > 1,
  );
  return `{${names.map((name) => `${name}: ${JSON.stringify(options[name])}`).join(', ')}}`;
}
