/**
 * What a notebook's author and a Jupyter client may expect of a TypeScript kernel, one entry a behaviour. The same checks
 * run against any kernel: conformance.test.ts runs them against ours, conformance-table.ts against ours and stock tslab
 * for the table in docs/kernel.md.
 */
import { once } from 'node:events';
import { behaviours } from './behaviour.js';
import './behaviours/messages.js';
import './behaviours/output.js';
import './behaviours/errors.js';
import './behaviours/questions.js';
import './behaviours/language.js';
import { type Client, type StartOptions, startClient } from './client.js';

export interface Verdict {
  group: string;
  title: string;
  /** Why the kernel does not do it; undefined where it does. */
  failure: string | undefined;
}

/**
 * Runs all checks against one kernel. A check that fails or does not come to an end costs that kernel its process: the next
 * one starts anew.
 */
export async function conformance(
  start: StartOptions,
  { patienceMs = 20_000, chosen = behaviours } = {},
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let kernel: Client | undefined;
  for (const { group: name, title, check } of chosen) {
    kernel ??= await startClient(start);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${patienceMs / 1000} s`)),
        patienceMs,
      );
    });
    let failure: string | undefined;
    try {
      await Promise.race([check(kernel), late]);
    } catch (error) {
      failure = (error as Error).message;
    }
    clearTimeout(timer);
    verdicts.push({ group: name, title, failure });
    if (
      failure !== undefined ||
      kernel.process.exitCode !== null ||
      kernel.process.signalCode !== null
    ) {
      await end(kernel);
      kernel = undefined;
    }
  }
  if (kernel) await end(kernel);
  return verdicts;
}

async function end(kernel: Client): Promise<void> {
  if (kernel.process.exitCode === null && kernel.process.signalCode === null) {
    const ended = once(kernel.process, 'exit');
    kernel.process.kill('SIGKILL');
    await ended;
  }
  await kernel.stop();
}
