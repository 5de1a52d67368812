// What the set-up prints: one line a step when it ends, and meanwhile a sign that something goes on.

const EVERY_MS = 10_000;

/** Prints to `stream`; on a terminal a status line is kept up to date, elsewhere a line comes each 10 s. */
export function makeLines(stream = process.stdout, env = process.env) {
  // A dumb terminal, as an editor's shell is, takes no line back and shows no colour.
  const live = Boolean(stream.isTTY) && env.TERM !== 'dumb';
  const color = live && !env.NO_COLOR;
  const active = new Map();
  let timer;
  let lastSign = Date.now();
  let statusShown = false;

  const paint = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const clearStatus = () => {
    if (statusShown) stream.write('\r\u001b[2K');
    statusShown = false;
  };
  const status = () =>
    [...active]
      .map(([name, { started, doing }]) => `${name}: ${doing()}, ${seconds(Date.now() - started)}`)
      .join(' · ');
  const sign = () => {
    if (active.size === 0) return;
    if (live) {
      const width = (stream.columns || 80) - 3;
      clearStatus();
      stream.write(`… ${status().slice(0, width)}`);
      statusShown = true;
    } else if (Date.now() - lastSign >= EVERY_MS) {
      stream.write(`            … ${status()}\n`);
      lastSign = Date.now();
    }
  };
  const print = (text) => {
    clearStatus();
    stream.write(`${text}\n`);
    lastSign = Date.now();
  };

  return {
    print,
    /**
     * Runs one step. `work(say)` may call `say(text or () => text)` to tell what it is doing, and resolves to
     * `{found, good}`: the words for its line, and whether all is well (else the line is marked, but nothing fails).
     */
    async step(name, work) {
      const started = Date.now();
      let doing = () => 'looking';
      active.set(name, { started, doing: () => doing() });
      timer ??= setInterval(sign, live ? 200 : 1000);
      try {
        const {
          found,
          good = true,
          ...result
        } = await work((text) => {
          doing = typeof text === 'function' ? text : () => text;
        });
        const mark = good ? paint(32, '✓') : paint(33, '!');
        print(
          `${mark} ${name.padEnd(10)} ${found} ${paint(2, `(${seconds(Date.now() - started)})`)}`,
        );
        return result;
      } catch (error) {
        print(
          `${paint(31, '✗')} ${name.padEnd(10)} ${error.message} ${paint(2, `(${seconds(Date.now() - started)})`)}`,
        );
        throw error;
      } finally {
        active.delete(name);
        if (active.size === 0) {
          clearInterval(timer);
          timer = undefined;
          clearStatus();
        }
      }
    },
  };
}

/** A step that cannot go on. Its message is what the step's line shows; `detail` is printed below it. */
export class SetupError extends Error {
  constructor(message, detail) {
    super(message);
    this.name = 'SetupError';
    this.detail = detail;
  }
}

export function seconds(ms) {
  const whole = Math.round(ms / 1000);
  return ms < 59_950
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

export function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}
