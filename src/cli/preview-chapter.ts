// The preview of one chapter: its last report, the kernel that it runs on, what goes on with it, and what is wrong with it.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LiveNotebook, type LiveRun } from '../press/preview/live.js';
import type { State } from '../press/preview/server.js';
import {
  formatDiagnostic,
  inOtherChapters,
  ReportError,
  renderHtml,
} from '../press/report/index.js';
import { readReport } from '../press/report/report.js';
import { describeCellError } from '../press/run/cell-error.js';
import { chooseKernel } from '../press/run/choose-kernel.js';
import { type Execution, execute } from '../press/run/execute.js';
import { type Inputs, readInputs } from '../press/run/inputs.js';
import type { Plan, PlannedChapter } from '../press/run/plan.js';
import type { RunEvent } from '../press/run/run-notebook.js';
import { cacheOf } from './build-notebooks.js';
import { withBookMetadata } from './print-chapter.js';
import { seconds } from './progress.js';

/** Pages are told so often of what a cell says. */
const tellMs = 200;

const partialNote =
  'Only cells that the edits concern were run again, on a kernel that has run earlier versions. What cells change inside of ' +
  'functions that they call is not followed; a build runs from the top.';

interface Wanted {
  readonly planned: Plan;
  readonly chapter: PlannedChapter;
}

interface Running {
  /** What is being executed; undefined until it is known. */
  inputs: string | undefined;
  readonly controller: AbortController;
  done: Promise<void>;
}

export class ChapterPreview {
  html: string | null = null;
  readonly #onState: () => void;
  readonly #live = new LiveNotebook();
  #state: State = { version: 0, status: 'reading …', errors: [], note: '' };
  #wanted: Wanted | undefined;
  #running: Running | undefined;
  #isEnded = false;
  #toldAt = 0;

  constructor(onState: () => void) {
    this.#onState = onState;
  }

  get state(): State {
    return this.#state;
  }

  /** Brings the preview up to what was planned. A run of code that is still the same goes on. */
  update(planned: Plan, chapter: PlannedChapter): void {
    if (this.#isEnded) return;
    this.#wanted = { planned, chapter };
    const running = this.#running;
    if (!running) this.#start();
    else {
      void this.#inputsOf(this.#wanted).then((inputs) => {
        const isOther = running.inputs !== undefined && running.inputs !== JSON.stringify(inputs);
        if (isOther && this.#running === running) running.controller.abort();
      });
    }
  }

  /** Executes all of it from the top on a fresh kernel. */
  restart(): void {
    if (this.#isEnded || !this.#wanted) return;
    this.#live.restart();
    const { planned, chapter } = this.#wanted;
    // As another wish, so that what runs is not taken for it.
    this.#wanted = { planned, chapter };
    if (this.#running) this.#running.controller.abort();
    else this.#start();
  }

  /** Ends the kernel, unless it is at work; the next edit of code starts one. */
  async rest(): Promise<void> {
    if (!this.#running) await this.#live.end();
  }

  /** Says that it cannot be brought up to date, and why. */
  fail(problem: string): void {
    this.#set({ errors: [problem] });
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    this.#wanted = undefined;
    this.#running?.controller.abort();
    await this.#running?.done;
    await this.#live.end();
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    this.#onState();
  }

  /** Works until what is shown is what is wanted. */
  #start(): void {
    const running: Running = {
      inputs: undefined,
      controller: new AbortController(),
      done: Promise.resolve(),
    };
    this.#running = running;
    const wanted = this.#wanted!;
    running.done = this.#work(wanted, running)
      .catch((error: Error) => this.#set({ errors: [error.message], status: '' }))
      .then(() => {
        this.#running = undefined;
        if (this.#wanted && this.#wanted !== wanted) this.#start();
      });
  }

  async #inputsOf({ chapter }: Wanted): Promise<Inputs> {
    const { file, notebook, parameters, shownAs } = chapter;
    const kernel = await chooseKernel(notebook);
    const cwd = dirname(file);
    return readInputs(notebook, { file: shownAs, kernel, parameters, cwd });
  }

  async #work(wanted: Wanted, running: Running): Promise<void> {
    const { planned, chapter } = wanted;
    const started = performance.now();
    const inputs = await this.#inputsOf(wanted);
    running.inputs = JSON.stringify(inputs);
    let isExecuted = false;
    const execution = await execute(chapter.notebook, {
      file: chapter.file,
      name: chapter.shownAs,
      kernel: await chooseKernel(chapter.notebook),
      parameters: chapter.parameters,
      signal: running.controller.signal,
      cache: cacheOf(planned, chapter),
      run: (notebook, options) => this.#live.run(notebook, options, inputs),
      onDecision: (reasons) => {
        isExecuted = reasons.length > 0;
        if (isExecuted) this.#set({ status: `executing, because ${reasons.join('; ')}` });
      },
      onEvent: this.#follow(),
    });
    // The code has changed meanwhile: what it put out is of no use.
    if (execution.interrupted) return;
    this.#set({ note: isExecuted && this.#live.last?.isWhole === false ? partialNote : '' });
    await this.#show(wanted, execution);
    const time = seconds((performance.now() - started) / 1000);
    const ran = isExecuted ? this.#live.last : undefined;
    this.#set({ status: `${isExecuted ? whatRan(ran) : 'printed'} in ${time}` });
  }

  async #show({ planned, chapter }: Wanted, execution: Execution): Promise<void> {
    const notebook = withBookMetadata(execution.notebook, planned, chapter);
    const directory = dirname(chapter.file);
    const bibliography = join(directory, 'references.bib');
    const errors = execution.errors.map(describeCellError);
    try {
      const { document, drawings, diagnostics } = await readReport(notebook, {
        name: chapter.name,
        file: chapter.shownAs,
        directory,
        ...(existsSync(bibliography) ? { bibliography } : {}),
        elsewhere: await inOtherChapters(planned.book?.chapters ?? [], chapter.file),
      });
      errors.push(...diagnostics.map(formatDiagnostic));
      const html = await renderHtml(document, drawings);
      const isNew = html !== this.html;
      this.html = html;
      this.#set({ errors, version: this.#state.version + (isNew ? 1 : 0) });
    } catch (error) {
      if (error instanceof ReportError) errors.push(...error.diagnostics.map(formatDiagnostic));
      else errors.push((error as Error).message);
      this.#set({ errors });
    }
  }

  #follow(): (event: RunEvent) => void {
    let [cells, place] = [0, ''];
    return (event) => {
      switch (event.type) {
        case 'notebook-start':
          cells = event.codeCells;
          break;
        case 'cell-start':
          place = `executing cell ${event.codeCell} of ${cells}`;
          this.#set({ status: place });
          break;
        case 'cell-output':
          if (performance.now() - this.#toldAt < tellMs) break;
          this.#toldAt = performance.now();
          this.#set({ status: `${place}: ${event.lastLine}` });
          break;
        default:
          break;
      }
    };
  }
}

/** `executed cells 3 and 5`, or `executed` where it went from the top. */
function whatRan(ran: LiveRun | undefined): string {
  if (!ran || (ran.isWhole && ran.restarted === undefined)) return 'executed';
  if (ran.restarted !== undefined) return `executed from the top (${ran.restarted})`;
  if (ran.cells.length === 0) return 'executed no cell';
  const most = 6;
  const more = ran.cells.length > most ? ` and ${ran.cells.length - most} more` : '';
  return `executed ${ran.cells.length === 1 ? 'cell' : 'cells'} ${ran.cells.slice(0, most).join(', ')}${more}`;
}
