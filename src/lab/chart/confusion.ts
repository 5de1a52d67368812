// Which class is taken for which: a matrix of shares, true classes down, predicted classes across.
import { list } from './quantity.js';
import { type ChartSpec, chart, InvalidChartData } from './spec.js';

export interface ConfusionOptions {
  readonly title?: string;
  /** Pixels of a square. */
  readonly cell?: number;
}

/**
 * Confusion matrix. `counts[i][j]` is how many images of class `i` were taken for class `j`; a square is shaded by its share
 * of the row, and the diagonal is what was right.
 */
export function confusionChart(
  counts: readonly (readonly number[])[],
  classes: readonly string[],
  options: ConfusionOptions = {},
): ChartSpec {
  if (counts.length !== classes.length || counts.some((row) => row.length !== classes.length)) {
    throw new InvalidChartData(
      `chart: a confusion matrix of ${classes.length} classes has ${classes.length} rows of as many counts`,
    );
  }
  const values = counts.flatMap((row, i) => {
    const sum = row.reduce((total, count) => total + count, 0);
    return row.map((count, j) => {
      const share = sum === 0 ? 0 : count / sum;
      return {
        true: classes[i]!,
        predicted: classes[j]!,
        count,
        share,
        label: count === 0 ? '' : String(count),
        kind: i === j ? 'right' : 'wrong',
      };
    });
  });
  const total = values.reduce((sum, item) => sum + item.count, 0);
  const right = values.filter((item) => item.kind === 'right');
  const correct = right.reduce((sum, item) => sum + item.count, 0);
  const worst = values
    .filter((item) => item.kind === 'wrong' && item.count > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, 3);
  const size = (options.cell ?? 34) * classes.length;
  const axis = { domain: false, ticks: false };
  const place = {
    x: {
      field: 'predicted',
      type: 'nominal',
      sort: null,
      title: 'Predicted class',
      axis: { ...axis, labelAngle: -40 },
    },
    y: { field: 'true', type: 'nominal', sort: null, title: 'True class', axis },
  };
  const mistakes =
    worst.length === 0
      ? 'No image is taken for another class.'
      : `Most often mistaken: ${list(
          worst.map(
            (item) => `${item.true} for ${item.predicted} (${(100 * item.share).toFixed(0)} %)`,
          ),
        )}.`;
  return chart(
    `Confusion matrix of ${classes.length} classes, ${total} images: ` +
      `${correct} (${((100 * correct) / Math.max(total, 1)).toFixed(1)} %) are right. ${mistakes}`,
    {
      ...(options.title === undefined ? {} : { title: options.title }),
      width: size,
      height: size,
      data: { values },
      layer: [
        {
          mark: { type: 'rect', style: 'square' },
          encoding: {
            ...place,
            color: {
              field: 'share',
              type: 'quantitative',
              scale: { domain: [0, 1] },
              legend: {
                title: 'Share of the true class',
                format: '.0%',
                orient: 'right',
                direction: 'vertical',
                gradientLength: 140,
              },
            },
            tooltip: [
              { field: 'true', title: 'True class' },
              { field: 'predicted', title: 'Predicted class' },
              { field: 'count', title: 'Images', type: 'quantitative' },
              { field: 'share', title: 'Share', type: 'quantitative', format: '.1%' },
            ],
          },
        },
        {
          transform: [{ filter: 'datum.share >= 0.3' }],
          mark: { type: 'text', style: 'onStrong' },
          encoding: { ...place, text: { field: 'label' } },
        },
        {
          transform: [{ filter: 'datum.share < 0.3' }],
          mark: { type: 'text', style: 'onFaint' },
          encoding: { ...place, text: { field: 'label' } },
        },
      ],
    },
  );
}
