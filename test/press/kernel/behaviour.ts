/** What a kernel is checked for, one entry a behaviour; the files in behaviours/ list them. */
import type { Client } from './client.js';

export interface Behaviour {
  group: string;
  title: string;
  check(kernel: Client): Promise<void>;
}

export const behaviours: Behaviour[] = [];
export function group(
  name: string,
  checks: Record<string, (kernel: Client) => Promise<void>>,
): void {
  for (const [title, check] of Object.entries(checks))
    behaviours.push({ group: name, title, check });
}

export const plain = (text: string) => text.replace(/\u001b\[\d+m/g, '');
export const textOf = (done: { result: Record<string, unknown> | undefined }) =>
  done.result?.['text/plain'];
