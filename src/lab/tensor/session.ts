/**
 * Builds a TensorFlow graph and runs it as one call. A whole training step in one graph lets TensorFlow's own optimiser fuse
 * operations, run independent ones side by side and free each activation after its last use, with no JavaScript between two
 * operations. Native backend only. The graph reaches TensorFlow as a SavedModel, the one graph format that tfjs-node loads.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf } from './library.js';
import { TYPE, type NativeBackend } from './native.js';
import { Message } from './protobuf.js';

/** One output of an operation in the graph, as TensorFlow writes it: `name:0`. */
export type Output = string & { readonly __output: unique symbol };

type Scalar = number | boolean | string | { readonly type: number } | { readonly float: number };
/** A whole number is an integer attribute; write `{float: 1}` for a float. `{shape}` may hold −1 for an unknown size. */
export type GraphAttribute =
  | Scalar
  | readonly number[]
  | readonly string[]
  | { readonly shape: readonly number[] }
  | { readonly types: readonly number[] };

const FLOAT = { type: TYPE.float32 } as const;

/** A TensorFlow graph under construction. Operations are added in order of evaluation. */
export class GraphBuilder {
  private readonly nodes: Message[] = [];
  private readonly names = new Set<string>();

  /**
   * Adds an operation.
   *
   * @param operation Name as TensorFlow registers it: `Conv2D`.
   * @param after Outputs of operations that must have run before this one.
   * @returns its first output; the others are `output(first, 1)` and so on.
   */
  add(
    operation: string,
    inputs: readonly Output[],
    attributes: Readonly<Record<string, GraphAttribute>> = {},
    options: { name?: string; after?: readonly Output[] } = {},
  ): Output {
    const name = this.unique(options.name ?? operation);
    const node = new Message().text(1, name).text(2, operation);
    for (const input of inputs) node.text(3, input);
    for (const before of options.after ?? []) node.text(3, `^${nodeName(before)}`);
    for (const [key, value] of Object.entries(attributes)) {
      node.message(5, new Message().text(1, key).message(2, encodeAttribute(value)));
    }
    this.nodes.push(node);
    return `${name}:0` as Output;
  }

  placeholder(name: string, type: number, shape: readonly number[]): Output {
    return this.add('Placeholder', [], { dtype: { type }, shape: { shape } }, { name });
  }

  constant(
    values: readonly number[],
    shape: readonly number[],
    type: number = TYPE.float32,
  ): Output {
    const data = type === TYPE.int32 ? Int32Array.from(values) : Float32Array.from(values);
    const tensor = new Message()
      .integer(1, type)
      .message(2, encodeShape(shape))
      .bytes(4, new Uint8Array(data.buffer));
    const name = this.unique('constant');
    const node = new Message().text(1, name).text(2, 'Const');
    node.message(5, new Message().text(1, 'dtype').message(2, new Message().integer(6, type)));
    node.message(5, new Message().text(1, 'value').message(2, new Message().message(8, tensor)));
    this.nodes.push(node);
    return `${name}:0` as Output;
  }

  /** State that lives in the session: a float32 array of this shape. */
  variable(name: string, shape: readonly number[]): SessionVariable {
    const handle = this.add(
      'VarHandleOp',
      [],
      { dtype: FLOAT, shape: { shape }, shared_name: name, container: '' },
      { name },
    );
    const value = this.add('ReadVariableOp', [handle], { dtype: FLOAT }, { name: `${name}/read` });
    const next = this.placeholder(`${name}/next`, TYPE.float32, shape);
    const assigned = this.add(
      'AssignVariableOp',
      [handle, next],
      { dtype: FLOAT, validate_shape: false },
      { name: `${name}/assign` },
    );
    return { shape, handle, value, next, assigned };
  }

  /** A value to fetch that is only there after these operations have run. */
  signal(name: string, after: readonly Output[], value?: Output): Output {
    const input = value ?? this.constant([0], []);
    return this.add('Identity', [input], { T: FLOAT }, { name, after });
  }

  /** SavedModel bytes, tagged `serve`. */
  encode(): Uint8Array {
    const graph = new Message();
    for (const node of this.nodes) graph.message(1, node);
    // Producer 1087 is TensorFlow 2.9's graph version, the oldest library of the chain.
    graph.message(4, new Message().integer(1, 1087).integer(2, 12));
    const meta = new Message()
      .message(1, new Message().text(4, 'serve').text(5, '2.9.1'))
      .message(2, graph);
    return new Message().integer(1, 1).message(2, meta).encode();
  }

  private unique(name: string): string {
    let candidate = name;
    for (let i = 1; this.names.has(candidate); i++) candidate = `${name}_${i}`;
    this.names.add(candidate);
    return candidate;
  }
}

export interface SessionVariable {
  readonly shape: readonly number[];
  /** Resource that update operations take. */
  readonly handle: Output;
  readonly value: Output;
  /** Placeholder of the value to assign, and the operation that assigns it. */
  readonly next: Output;
  readonly assigned: Output;
}

/** Output `index` of the operation that `first` is output 0 of. */
export function output(first: Output, index: number): Output {
  return `${nodeName(first)}:${index}` as Output;
}

function nodeName(value: Output): string {
  return value.slice(0, value.lastIndexOf(':'));
}

function encodeShape(shape: readonly number[]): Message {
  const message = new Message();
  for (const size of shape) message.message(2, new Message().integer(1, size));
  return message;
}

function encodeAttribute(value: GraphAttribute): Message {
  const message = new Message();
  if (typeof value === 'boolean') return message.integer(5, value);
  if (typeof value === 'number') return message.integer(3, value);
  if (typeof value === 'string') return message.text(2, value);
  if (Array.isArray(value)) {
    const list = new Message();
    for (const item of value as readonly (string | number)[]) {
      if (typeof item === 'string') list.text(2, item);
      else list.integer(3, item);
    }
    return message.message(1, list);
  }
  if ('type' in value) return message.integer(6, value.type);
  if ('float' in value) return message.float(4, value.float);
  if ('shape' in value) return message.message(7, encodeShape(value.shape));
  if ('types' in value) {
    const list = new Message();
    for (const type of value.types) list.integer(6, type);
    return message.message(1, list);
  }
  throw new TypeError('this kind of attribute is not written by the graph builder');
}

/** A graph that TensorFlow holds ready to run, with its variables. Dispose it. */
export class Session {
  private readonly backend: NativeBackend;
  private id: number | null;

  constructor(graph: GraphBuilder) {
    this.backend = tf.backend() as unknown as NativeBackend;
    const directory = mkdtempSync(join(tmpdir(), 'fathom-graph-'));
    try {
      writeFileSync(join(directory, 'saved_model.pb'), graph.encode());
      this.id = this.backend.binding.loadSavedModel(directory, 'serve');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /**
   * Runs the part of the graph that the fetched values need.
   *
   * @param feeds Values of the placeholders in that part.
   * @returns the fetched values, owned by the caller, in the order asked for.
   */
  run(feeds: readonly (readonly [Output, tf.Tensor])[], fetches: readonly Output[]): tf.Tensor[] {
    if (this.id === null) throw new Error('this session has been disposed');
    const results = this.backend.binding.runSavedModel(
      this.id,
      this.backend.getInputTensorIds(feeds.map(([, tensor]) => tensor)),
      feeds.map(([placeholder]) => placeholder).join(','),
      fetches.join(','),
    );
    return results.map((result) => this.backend.createOutputTensor(result));
  }

  dispose(): void {
    if (this.id === null) return;
    this.backend.binding.deleteSavedModel(this.id);
    this.id = null;
  }
}
