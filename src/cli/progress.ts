// What a build shows while it works: plain lines, and on a terminal one live line with the running cell and what it says.
import { colours as pc } from '../shared/colours.js';
import { bar } from '../lab/study/progress-text.js';
import type { RunEvent } from '../press/run/run-notebook.js';

export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How often the live line is drawn again, so that its seconds go on. */
const redrawMs = 500;
/** Without a terminal, a cell that says something about its work gets a line this often, so that a log shows it alive. */
const plainLineMs = 15_000;
const barWidth = 16;

/** Standard output; a dumb terminal, as an editor's shell is, takes no line back and counts as none. */
function usualScreen(): Screen {
  if (process.env.TERM !== 'dumb') return process.stdout;
  return { write: (text) => process.stdout.write(text) };
}

export class Progress {
  readonly #screen: Screen;
  readonly #now: () => number;
  /** What goes on now, by chapter: several may run at once. */
  readonly #live = new Map<string, () => string>();
  #drawn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(screen: Screen = usualScreen(), now: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#now = now;
  }

  /** A line that stays. */
  line(text: string): void {
    this.#erase();
    this.#screen.write(`${text}\n`);
    this.#draw();
  }

  /** Follows the run of one chapter. */
  follow(chapter: string): (event: RunEvent) => void {
    const start = this.#now();
    let [codeCells, place, since, saying, told] = [0, '', start, '', start];
    const elapsed = (): string => seconds((this.#now() - since) / 1000);
    const live = (): string => `${pc.bold(chapter)}  ${place}  ${elapsed()}  ${saying}`;
    const say = (text: string): void => {
      if (this.#screen.isTTY || text === '' || this.#now() - told < plainLineMs) return;
      told = this.#now();
      this.line(`${chapter}  ${place}  ${elapsed()}  ${text}`);
    };
    return (event) => {
      switch (event.type) {
        case 'notebook-start':
          codeCells = event.codeCells;
          place = 'kernel starts';
          this.#show(chapter, live);
          break;
        case 'cell-start':
          [place, since, saying] = [`cell ${event.codeCell} of ${codeCells}`, this.#now(), ''];
          told = since;
          this.#redraw();
          break;
        case 'cell-output':
          saying = pc.dim(event.lastLine);
          say(event.lastLine);
          break;
        case 'cell-progress':
          saying = [
            ...(event.share === null ? [] : [bar(event.share, barWidth)]),
            pc.dim(event.text),
          ].join(' ');
          say(event.text);
          break;
        case 'cell-complete':
          this.line(
            `${chapter}  cell ${event.codeCell} of ${codeCells}  ${seconds(event.seconds)}`,
          );
          break;
        case 'cell-skipped':
          this.line(
            `${chapter}  cell ${event.codeCell} of ${codeCells}  not run: it asks for that (skip-execution or eval: false)`,
          );
          break;
        case 'cell-error':
          if (event.expected) {
            this.line(
              `${chapter}  cell ${event.error.codeCell} of ${codeCells}  raised ${event.error.name}, as it is tagged to`,
            );
          }
          break;
        case 'notebook-complete':
          break;
      }
    };
  }

  /** Says what goes on with a chapter outside of its cells, on a terminal only. */
  status(chapter: string, text: string): void {
    this.#show(chapter, () => text);
  }

  /** Takes what goes on with a chapter off the live line; without a chapter, the line itself. */
  end(chapter?: string): void {
    if (chapter === undefined) this.#live.clear();
    else this.#live.delete(chapter);
    if (this.#live.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.#redraw();
  }

  #show(chapter: string, live: () => string): void {
    this.#live.set(chapter, live);
    this.#redraw();
    if (this.#screen.isTTY) this.#timer ??= setInterval(() => this.#redraw(), redrawMs).unref();
  }

  #redraw(): void {
    this.#erase();
    this.#draw();
  }

  #erase(): void {
    if (this.#drawn) this.#screen.write('\r\x1b[K');
    this.#drawn = false;
  }

  #draw(): void {
    if (!this.#screen.isTTY || this.#live.size === 0) return;
    // Some terminals say 0. A longer line would wrap, and only its last row could be taken back.
    const columns = (this.#screen.columns || 80) - 1;
    const between = '  ';
    const each = Math.floor((columns + between.length) / this.#live.size) - between.length;
    const parts = [...this.#live.values()].map((live) => clip(live(), Math.max(1, each)));
    this.#screen.write(clip(parts.join(between), columns));
    this.#drawn = true;
  }
}

/** Cuts text to a number of columns, leaving colours whole. */
function clip(text: string, columns: number): string {
  let width = 0;
  let clipped = '';
  for (const [part] of text.matchAll(/\x1b\[[0-9;]*m|[^\x1b]/gu)) {
    if (!part.startsWith('\x1b')) width += 1;
    if (width > columns) return `${clipped}\x1b[0m`;
    clipped += part;
  }
  return clipped;
}

/** `0.4 s`, `12 s`, `3 min 05 s`. */
export function seconds(value: number): string {
  if (value < 9.95) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
