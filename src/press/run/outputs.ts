// The outputs of one cell, put together from the kernel's messages as a front end shows them: streams joined, with carriage
// returns and backspaces carried out; displays updated in place; cleared when asked; cut, with a notice, when too large.
import type { MimeBundle, Output } from '../notebook/nbformat.js';
import { TerminalText } from '../notebook/terminal-text.js';

/** What one cell may put out. More is cut, and a notice says so. */
export interface OutputLimits {
  /** Characters kept of one stream. 1,000,000 is about 20,000 lines: more than anyone reads. */
  readonly streamCharacters: number;
  /** Characters (of the JSON) kept of all rich outputs of a cell together. */
  readonly richCharacters: number;
  readonly outputs: number;
}

export const defaultLimits: OutputLimits = {
  streamCharacters: 1_000_000,
  richCharacters: 64_000_000,
  outputs: 2_000,
};

/** The displays of a notebook by their `display_id`; any later cell may update them. */
export type Displays = Map<string, RichOutput[]>;

type RichOutput = Extract<Output, { data: MimeBundle }>;
type Item =
  | Exclude<Output, { output_type: 'stream' }>
  | { stream: 'stdout' | 'stderr'; text: TerminalText };

/** Collects the outputs of one cell. */
export class OutputArea {
  readonly #displays: Displays;
  readonly #limits: OutputLimits;
  #items: Item[] = [];
  #richCharacters = 0;
  #cut = 0;
  #clearAtNextOutput = false;

  constructor(displays: Displays = new Map(), limits: OutputLimits = defaultLimits) {
    this.#displays = displays;
    this.#limits = limits;
  }

  /** Takes a message of the kernel's broadcast channel; messages that are not outputs are ignored. */
  accept(type: string, content: Record<string, unknown>): void {
    switch (type) {
      case 'stream':
        this.#prepare();
        this.#stream(content.name === 'stderr' ? 'stderr' : 'stdout', String(content.text ?? ''));
        break;
      case 'display_data':
        this.#prepare();
        this.#rich({ output_type: 'display_data', ...bundle(content) }, content);
        break;
      case 'execute_result': {
        this.#prepare();
        const execution_count =
          typeof content.execution_count === 'number' ? content.execution_count : null;
        this.#rich({ output_type: 'execute_result', ...bundle(content), execution_count }, content);
        break;
      }
      case 'update_display_data':
        // What takes the place of a display has the same limit as what is shown anew.
        if (JSON.stringify(content.data ?? {}).length > this.#limits.richCharacters) {
          this.#cut += 1;
          break;
        }
        for (const display of this.#displays.get(displayId(content) ?? '') ?? []) {
          Object.assign(display, bundle(content));
        }
        break;
      case 'error':
        this.#prepare();
        this.add({
          output_type: 'error',
          ename: String(content.ename ?? 'Error'),
          evalue: String(content.evalue ?? ''),
          traceback: Array.isArray(content.traceback) ? content.traceback.map(String) : [],
        });
        break;
      case 'clear_output':
        if (content.wait) this.#clearAtNextOutput = true;
        else this.#items = [];
        break;
      default:
    }
  }

  /** Adds an output that is not a stream, whatever the limits. */
  add(output: Exclude<Output, { output_type: 'stream' }>): void {
    this.#items.push(output);
  }

  /** Takes the last output away, if it is text of this stream, and returns the text. */
  takeLast(stream: 'stdout' | 'stderr'): string {
    const last = this.#items.at(-1);
    if (!last || !('stream' in last) || last.stream !== stream) return '';
    this.#items.pop();
    return last.text.toString();
  }

  /** The outputs so far, as they are kept in a notebook. */
  outputs(): Output[] {
    const outputs = this.#items.flatMap((item): Output[] => {
      if (!('stream' in item)) return [structuredClone(item)];
      const text = item.text.toString();
      return text === '' ? [] : [{ output_type: 'stream', name: item.stream, text }];
    });
    if (this.#cut > 0) {
      const text = `[${this.#cut} more outputs of this cell were cut: a cell may show ${this.#limits.outputs} outputs of ${this.#limits.richCharacters} characters in all]\n`;
      outputs.push({ output_type: 'stream', name: 'stderr', text });
    }
    return outputs;
  }

  /** The last line of the last stream: what a progress display shows. */
  lastLine(): string {
    const last = this.#items.at(-1);
    return last && 'stream' in last ? last.text.lastWritten() : '';
  }

  #prepare(): void {
    if (!this.#clearAtNextOutput) return;
    this.#clearAtNextOutput = false;
    this.#items = [];
  }

  #stream(stream: 'stdout' | 'stderr', text: string): void {
    let last = this.#items.at(-1);
    if (!last || !('stream' in last) || last.stream !== stream) {
      if (this.#isFull()) return;
      last = { stream, text: new TerminalText(this.#limits.streamCharacters) };
      this.#items.push(last);
    }
    last.text.append(text);
  }

  #rich(output: RichOutput, content: Record<string, unknown>): void {
    this.#richCharacters += JSON.stringify(output.data).length;
    if (this.#isFull()) return;
    this.#items.push(output);
    const id = displayId(content);
    if (id === undefined) return;
    const same = this.#displays.get(id);
    if (!same) {
      this.#displays.set(id, [output]);
      return;
    }
    // A display shown again also brings the earlier ones up to date, as front ends do.
    for (const display of same) Object.assign(display, bundle(content));
    same.push(output);
  }

  #isFull(): boolean {
    const full =
      this.#items.length >= this.#limits.outputs ||
      this.#richCharacters > this.#limits.richCharacters;
    if (full) this.#cut += 1;
    return full;
  }
}

function bundle(content: Record<string, unknown>): {
  data: MimeBundle;
  metadata: Record<string, unknown>;
} {
  return { data: record(content.data), metadata: record(content.metadata) };
}

function displayId(content: Record<string, unknown>): string | undefined {
  const id = record(content.transient).display_id;
  return typeof id === 'string' ? id : undefined;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
