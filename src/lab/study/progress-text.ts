// A study's progress in words: one line, and the parts it is made of, for what a notebook shows and a build prints.
import type { Progress } from './progress.js';

/** One line of text: `█████░░░  3/8 cells (1 kept) · 1:20 left · residual-20 × 8 … epoch 4/10, loss 0.412`. */
export function progressLine(progress: Progress, width: number): string {
  const { done, total, reused, failed, running, etaMs, elapsedMs } = progress;
  const counts = [
    `${done}/${total} grid cells`,
    ...(reused > 0 ? [`${reused} kept from before`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');
  const finished = done + failed >= total;
  const time = finished
    ? `in ${duration(elapsedMs)}`
    : etaMs === null
      ? `${duration(elapsedMs)} so far`
      : `${duration(etaMs)} left`;
  const now = running.slice(0, 2).map((cell) => {
    const what =
      cell.stage === 'training'
        ? `epoch ${cell.epoch}/${cell.epochs}${cell.loss === null ? '' : `, loss ${cell.loss.toFixed(3)}`}`
        : cell.stage === 'elsewhere'
          ? 'in another process'
          : cell.stage;
    return `${cell.name}: ${what}`;
  });
  const more = running.length > 2 ? [`and ${running.length - 2} more`] : [];
  const head = width === 0 ? [] : [bar(shareDone(progress), width)];
  return [...head, [counts, time, ...(finished ? [] : [...now, ...more])].join(' · ')].join(' ');
}

/** Share of the work done, running cells by their steps. */
export function shareDone({ done, failed, total, running }: Progress): number {
  if (total === 0) return 1;
  const partly = running.reduce(
    (sum, cell) => sum + (cell.steps === 0 ? 0 : cell.step / cell.steps),
    0,
  );
  return Math.min(1, (done + failed + partly) / total);
}

/** `██████░░░░`: a share as so many characters. */
export function bar(share: number, width: number): string {
  const filled = Math.round(share * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** `0:07`, `12:30`, `1:02:05` */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
