// Seconds of every cheap measure on a net of depth 20 and width 16 with 2,000 held-out images, one subject for all: the target is
// less than a minute on two cores.
import { loadData } from '../../../src/lab/data/index.js';
import {
  type MeasureRequest,
  measures,
  readMeasures,
  subject,
} from '../../../src/lab/measure/index.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { recipe } from '../../../src/lab/train/recipe.js';
import { train } from '../../../src/lab/train/train.js';
import { markdownTable } from '../support/page.js';

/** The table, and one line on regions of a segment with the part of it that was walked. */
export async function cheapMeasures(images = 2000): Promise<string[]> {
  const split = await loadData({ name: 'fashion-mnist', train: images, test: images });
  const net = buildNet({
    family: 'residual',
    depth: 20,
    width: 16,
    input: split.train.shape.slice(1) as [number, number, number],
    classes: split.train.classes.length,
  });
  await train(net, split, recipe({ stop: { epochs: 1 } }));
  const of = subject(net, split);
  const cheap = measures.all.filter(({ cost }) => cost === 'seconds').map(({ name }) => name);
  const requests: MeasureRequest[] = [
    ...cheap,
    { measure: 'linear-regions', options: { segments: 1 } },
  ];
  const rows: [name: string, value: string, seconds: string][] = [];
  let regions = '';
  let total = 0;
  const { refused } = await readMeasures(of, requests, {
    onReading: ({ measure, value, extra }, seconds) => {
      if (measure === 'linear-regions') {
        regions = `Regions on one segment, the part that the default walks (${(100 * (extra.share as number)).toPrecision(2)} % of it, exact there): ${seconds.toFixed(2)} s.`;
        return;
      }
      total += seconds;
      rows.push([measure, value.toPrecision(4), seconds.toFixed(1)]);
    },
  });
  of.dispose();
  rows.sort((a, b) => Number(b[2]) - Number(a[2]));
  return [
    `## All cheap measures on one net`,
    '',
    `A residual net of depth 20 and width 16, one epoch on ${images} images of Fashion-MNIST, read on ${images} others; one subject, each measure with its defaults. **${total.toFixed(1)} s in all.** ${regions}`,
    ...refused.map(({ measure, reason }) => `\n${measure}: ${reason}`),
    '',
    ...markdownTable(['measure', 'value', 's'], rows),
  ];
}
