// What can go wrong in a study, one class a kind. Messages say what, where, and what to do.

/** A value that cannot make a grid: an empty axis, a seed that is not a whole number, … */
export class InvalidStudy extends Error {
  override readonly name = 'InvalidStudy';
}

/** A stored file that is not what was written: cut short, edited, or of another format. */
export class CorruptRecord extends Error {
  override readonly name = 'CorruptRecord';
  constructor(
    readonly file: string,
    readonly reason: string,
    remedy = 'It is treated as absent and made again',
  ) {
    super(`${file}: ${reason}. ${remedy}`);
  }
}

/** The images in use are not those that the study was planned with. */
export class DataChanged extends Error {
  override readonly name = 'DataChanged';
  constructor(
    readonly dataset: string,
    readonly expected: string,
    readonly found: string,
  ) {
    super(
      `study: dataset "${dataset}" has digest ${found.slice(0, 12)}… in the worker and ` +
        `${expected.slice(0, 12)}… in the study: the files changed in between. Start the study again`,
    );
  }
}

/** A worker process that ended while it was working on a grid cell. */
export class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
  constructor(
    readonly cell: string,
    readonly exitCode: number | null,
    readonly signal: string | null,
    /** The last that it wrote to standard error. */
    readonly lastWords: string,
  ) {
    const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
    const hint =
      signal === 'SIGKILL'
        ? ' (SIGKILL is most often the system running out of memory: use fewer workers or a smaller batch)'
        : '';
    const words = lastWords.trim();
    super(
      `study: the worker of ${cell} ended with ${how}${hint}` +
        (words === '' ? '' : `\n${words.replace(/^/gm, '  | ')}`),
    );
  }
}

/** A grid cell whose training or measuring threw. */
export class CellFailed extends Error {
  override readonly name = 'CellFailed';
  constructor(
    readonly cell: string,
    /** `train`, or the name of the measure. */
    readonly stage: string,
    /** Name, message and stack of what was thrown. */
    readonly thrown: { readonly name: string; readonly message: string; readonly stack: string },
  ) {
    super(`study: ${cell}: ${stage} failed: ${thrown.name}: ${thrown.message}`);
  }
}

/** Some grid cells could not be finished; all others were, and are kept. */
export class StudyFailed extends Error {
  override readonly name = 'StudyFailed';
  constructor(
    readonly failures: readonly (WorkerDied | CellFailed)[],
    readonly done: number,
    readonly total: number,
  ) {
    super(
      `study: ${failures.length} of ${total} grid cells failed; the ${done} finished ones are kept ` +
        `and will not be trained again:\n${failures.map((failure) => `- ${failure.message}`).join('\n')}`,
    );
  }
}
