// What a notebook shows while a study trains: one display that is redrawn in place, the loss curves with the time left as
// their title. It ends as one sentence that depends on the runs alone, so that a report is the same whether they were trained
// just now or long ago.
import type { Progress } from '../study/progress.js';
import { duration, progressLine, shareDone } from '../study/progress-text.js';
import { chart, type ChartSpec } from './spec.js';

/** What goes with a value on display: how far the work is, for programs that show text; null when it has ended. */
export interface DisplayOptions {
  readonly status: { readonly text: string; readonly share: number } | null;
}

/** Something on display that can be replaced. */
export interface Display {
  update(value: unknown, options: DisplayOptions): void;
}

export interface LiveOptions {
  /** Puts a value on display. */
  readonly show: (value: unknown, options: DisplayOptions) => Display;
  /** Makes Markdown text that `show` takes. */
  readonly markdown: (source: string) => unknown;
  readonly now?: () => number;
}

/** Milliseconds between two pictures: a front end needs a while to draw one. */
const redrawMs = 1000;
/** Curves of a study with many cells would hide each other: the running ones are drawn, and the last to end. */
const mostCurves = 12;

/** A listener for `runStudy`'s `onProgress` that draws into one display. */
export function liveProgress({
  show,
  markdown,
  now = Date.now,
}: LiveOptions): (progress: Progress) => void {
  let display: Display | null = null;
  let drawnAt = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const finished = progress.done + progress.failed >= progress.total;
    if (!finished && now() - drawnAt < redrawMs) return;
    drawnAt = now();
    const curves = progress.curves.filter((curve) => curve.losses.length > 1);
    const value = finished
      ? markdown(ending(progress))
      : curves.length === 0
        ? markdown(`${progressTitle(progress)} …`)
        : lossChart(progress);
    const options = {
      status: finished ? null : { text: progressLine(progress, 0), share: shareDone(progress) },
    };
    if (display === null) display = show(value, options);
    else display.update(value, options);
  };
}

function ending({ done, failed, total }: Progress): string {
  const cells = `${total} grid ${total === 1 ? 'cell' : 'cells'}`;
  return failed === 0
    ? `All ${cells} are trained and measured.`
    : `${done} of ${cells} are done, ${failed} failed.`;
}

/** `Training: 12 of 36 grid cells, 3:20 left` */
function progressTitle({ done, total, etaMs, elapsedMs }: Progress): string {
  const time = etaMs === null ? `${duration(elapsedMs)} so far` : `${duration(etaMs)} left`;
  return `Training: ${done} of ${total} grid cells, ${time}`;
}

/** Training loss by epoch of the cells that train now and of those that ended last. */
function lossChart(progress: Progress): ChartSpec {
  const running = progress.curves.filter((curve) => !curve.ended);
  const ended = progress.curves.filter((curve) => curve.ended);
  const shown = [...ended.slice(-Math.max(0, mostCurves - running.length)), ...running].filter(
    (curve) => curve.losses.length > 1,
  );
  const values = shown.flatMap((curve) =>
    curve.losses.map((point) => ({
      net: curve.name,
      step: point.step,
      loss: point.loss,
      state: curve.ended ? 'ended' : 'training',
    })),
  );
  return chart(
    `${progressTitle(progress)}. Training loss of ${shown.length} nets by step; ${running.length} of them are training.`,
    {
      title: progressTitle(progress),
      width: 420,
      height: 200,
      data: { values },
      mark: { type: 'line', strokeWidth: 1.5 },
      encoding: {
        x: { field: 'step', type: 'quantitative', title: 'Step' },
        y: {
          field: 'loss',
          type: 'quantitative',
          title: 'Training loss (nats)',
          scale: { type: 'log', nice: false },
        },
        color: {
          field: 'net',
          type: 'nominal',
          title: null,
          sort: null,
          legend: { orient: 'right', direction: 'vertical', symbolLimit: mostCurves },
        },
        opacity: {
          field: 'state',
          type: 'nominal',
          scale: { domain: ['ended', 'training'], range: [0.35, 1] },
          legend: null,
        },
      },
    },
  );
}
