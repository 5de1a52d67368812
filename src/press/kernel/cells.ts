/** The running of cells, as the protocol side sees it: one question at a time to the cell process, which may die of it. */
import { type CellProcess, type Death, startCellProcess } from './cellprocess.js';
import type { FromChild, ToChild } from './channel.js';

export type Answer = FromChild | { died: Death; interrupted: boolean };

export interface Cells {
  /** Sends something that will be answered under this number; resolves with the answer, or with the process's death. */
  ask(id: number, message: ToChild): Promise<Answer>;
  send(message: ToChild): void;
  /** Interrupts what is running; nothing when idle. */
  interrupt(): void;
  /** Makes the process wait with its output, or go on. */
  hold(wait: boolean): void;
  exit(): Promise<void>;
}

export interface CellsHandlers {
  /** Anything that is no answer. */
  message(message: FromChild): void;
  /** Printed by native code or by a process that the cell started. */
  native(name: 'stdout' | 'stderr', text: string): void;
  /** The process died, and its variables with it; the question that was open is answered after this. */
  restarted(death: Death, wasRunning: boolean): void;
}

/** An interrupt that has not worked by then ends the process. */
const patienceMs = 4000;
/** A process that dies sooner than this after its start, with nothing to do, is started again when it is needed. */
const shortLifeMs = 1000;

export function startCells(folder: string, moduleFolder: string, handlers: CellsHandlers): Cells {
  let active: { id: number; interrupted: boolean; finish(answer: Answer): void } | undefined;
  let patience: NodeJS.Timeout | undefined;
  let exiting = false;
  let held = false;
  let born = 0;
  let dead = false;
  let current = spawn();

  function spawn(): CellProcess {
    born = Date.now();
    dead = false;
    const started = startCellProcess(folder, moduleFolder, {
      message(message) {
        const isAnswer = message.type === 'done' || message.type === 'evaluated';
        if (!isAnswer) handlers.message(message);
        else if (active?.id === message.id) active.finish(message);
      },
      native: handlers.native,
      died(death) {
        if (exiting || current !== started) return;
        held = false;
        // A machine on which no process can be started is not to be kept busy with trying.
        if (active || Date.now() - born > shortLifeMs) current = spawn();
        else dead = true;
        handlers.restarted(death, active !== undefined);
        active?.finish({ died: death, interrupted: active.interrupted });
      },
    });
    return started;
  }

  return {
    ask(id, message) {
      if (dead) current = spawn();
      return new Promise((resolve) => {
        active = {
          id,
          interrupted: false,
          finish(answer) {
            clearTimeout(patience);
            patience = undefined;
            active = undefined;
            resolve(answer);
          },
        };
        current.send(message);
      });
    },
    send: (message) => current.send(message),
    interrupt() {
      if (!active) return;
      active.interrupted = true;
      // A cell that waits for its output to be read could not react.
      current.resume();
      current.interrupt();
      const { id } = active;
      patience ??= setTimeout(() => {
        patience = undefined;
        if (active?.id === id) current.kill();
      }, patienceMs);
    },
    hold(wait) {
      if (held === wait || (wait && active?.interrupted)) return;
      held = wait;
      if (wait) current.pause();
      else current.resume();
    },
    exit() {
      exiting = true;
      clearTimeout(patience);
      return current.exit();
    },
  };
}
