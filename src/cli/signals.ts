// Ctrl-C and the like: what runs is asked to stop and what was done is kept; a second one ends the program at once.
import { setMaxListeners } from 'node:events';

export interface Interruption {
  readonly signal: AbortSignal;
  /** What the program ends with when it was interrupted: 128 and the number of the signal. */
  readonly exitCode: number;
  /** Hands the signals back to Node. */
  end(): void;
}

const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** A terminal sends Ctrl-C to the whole group and the starter passes it on, so one press may come twice. */
const onePressMs = 1000;

/** Listens until `end()`. `onFirst` is told when the first signal comes. */
export function listenForSignals(onFirst: () => void): Interruption {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  let since = 0;
  let exitCode = 130;
  const listeners = Object.entries(codes).map(([name, code]) => {
    const listener = (): void => {
      if (!controller.signal.aborted) {
        since = performance.now();
        exitCode = code;
        onFirst();
        controller.abort();
      } else if (performance.now() - since > onePressMs) {
        process.exit(code);
      }
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    end() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
