/**
 * What the protocol process and the cell process say to each other, and how it is framed: length (4 bytes, big endian),
 * then JSON, over pipes. Cell → protocol is written synchronously, so output keeps its order, is not lost when the
 * process dies, and blocks the cell when the reader is slow (which is the back-pressure).
 */
import type { DisplayBundle } from './bundle.js';

/** A local file that the compiler translated for a cell: a module beside the notebook or anywhere outside node_modules. */
export interface SideModule {
  path: string;
  code: string;
  /** Source maps from `code` back to the file, outermost translation first. */
  maps: string[];
  /** Modules named in static imports. */
  imports: string[];
}

export interface CompiledCell {
  /** Body of a function that returns the value of the last expression in a list, if there is one; see emit.ts for the names it uses. */
  code: string;
  /** Source maps from `code` back to the cell, outermost translation first. */
  maps: string[];
  /** Contains a top-level `await`. */
  async: boolean;
  /** Modules named in static imports. */
  imports: string[];
  modules: SideModule[];
}

export type ToChild =
  | {
      type: 'run';
      id: number;
      label: number;
      cell: CompiledCell;
      silent: boolean;
      allowInput: boolean;
    }
  | { type: 'evaluate'; id: number; expressions: Record<string, CompiledCell> }
  | { type: 'interrupt' }
  | { type: 'input'; request: number; value: string }
  | ({ type: 'comm' } & CommMessage)
  | { type: 'exit' };

/** A message of a comm, the protocol's two-way channel between a cell and a front end. */
export interface CommMessage {
  /** Stands for the message or the cell that caused it. */
  id: number;
  kind: 'open' | 'msg' | 'close';
  comm: string;
  target?: string;
  data: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  /** Base64. */
  buffers?: string[];
}

/** A run-time error, with its stack already mapped to the notebook's cells. */
export interface CellError {
  name: string;
  message: string;
  stack: StackFrame[];
  /** Errors given as `cause` or inside an AggregateError, each as text. */
  details: string[];
}

export interface StackFrame {
  text: string;
  /** Set where the frame is in a notebook cell. */
  cell?: number;
  file?: string;
  line?: number;
  column?: number;
}

export type FromChild =
  | { type: 'ready' }
  | { type: 'stream'; id: number; name: 'stdout' | 'stderr'; text: string }
  | { type: 'display'; id: number; bundle: DisplayBundle; displayId?: string; update: boolean }
  | { type: 'clear'; id: number; wait: boolean }
  | { type: 'late-error'; id: number; error: CellError }
  | { type: 'input'; id: number; request: number; prompt: string; password: boolean }
  | ({ type: 'comm' } & CommMessage)
  /** A comm message has been acted on. */
  | { type: 'handled'; id: number }
  | {
      type: 'done';
      id: number;
      error?: CellError;
      /** How many statements ran to their end, where the cell failed. */
      completed?: number;
      interrupted?: boolean;
      result?: DisplayBundle;
      /** Standard streams that the cell has closed: nothing more comes through them. */
      closed?: ('stdout' | 'stderr')[];
    }
  | {
      type: 'evaluated';
      id: number;
      values: Record<string, { bundle: DisplayBundle } | { error: CellError }>;
    };

/** Frames one message. */
export function frame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const whole = Buffer.allocUnsafe(4 + body.length);
  whole.writeUInt32BE(body.length);
  body.copy(whole, 4);
  return whole;
}

/** Cuts a stream of chunks into messages. */
export function deframer<T>(receive: (message: T) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = 4;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held < wanted) return;
    let whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, held);
    wanted = 4;
    while (whole.length >= 4) {
      const length = whole.readUInt32BE();
      if (whole.length < 4 + length) {
        wanted = 4 + length;
        break;
      }
      const message = JSON.parse(whole.toString('utf8', 4, 4 + length)) as T;
      whole = whole.subarray(4 + length);
      receive(message);
    }
    chunks = [whole];
    held = whole.length;
  };
}
