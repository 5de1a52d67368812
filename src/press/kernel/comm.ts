/**
 * Comms for cells: two-way channels to what runs in the notebook's page, as widgets use them.
 * https://jupyter-client.readthedocs.io/en/stable/messaging.html#custom-messages
 */
import { type CellComms, type Comm, type CommEvent, type CommOptions, kernelHook } from './hook.js';

export type { Comm, CommEvent, CommOptions };

/** There is no front end to talk to: the code does not run under this kernel. */
export class NoKernelError extends Error {
  override name = 'NoKernelError';
}

/** Opens a comm to a target that the notebook's page registered. The page closes it again if it knows no such target. */
export function openComm(
  target: string,
  data: Record<string, unknown> = {},
  options: CommOptions = {},
): Comm {
  return commsOfKernel().open(target, data, options);
}

/** Lets the notebook's page open comms to this name; `opened` is called with each, and the data it was opened with. */
export function registerCommTarget(
  target: string,
  opened: (comm: Comm, event: CommEvent) => void,
): void {
  commsOfKernel().register(target, opened);
}

function commsOfKernel(): CellComms {
  const comms = kernelHook()?.comms;
  if (!comms)
    throw new NoKernelError('comms need a notebook that runs on the TypeScript kernel of Fathom');
  return comms;
}
