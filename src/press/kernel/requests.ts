/** The requests that are answered at once, whatever a cell is doing: one function a message type. */
import { createRequire } from 'node:module';
import type { Comms } from './comms.js';
import type { CompilerClient } from './compilerclient.js';
import type { History } from './history.js';
import { type Message, protocolVersion } from './message.js';
import { codePoints, utf16Position } from './positions.js';

export interface RequestContext {
  compiler: CompilerClient;
  history: History;
  comms: Comms;
  interrupt(): void;
}

export interface Reply {
  type: string;
  content: Record<string, unknown>;
}

type Handler = (message: Message, context: RequestContext) => Reply | Promise<Reply>;

const fromHere = createRequire(import.meta.url);
const { version } = fromHere('../../../../package.json') as { version: string };
const typescriptVersion = (
  createRequire(fromHere.resolve('tslab/package.json'))(
    '@tslab/typescript-for-tslab/package.json',
  ) as { version: string }
).version;

/** By message type. A message of any other type is none of this kernel's business, and ignored. */
export const requests: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['kernel_info_request', kernelInfo],
  ['is_complete_request', isComplete],
  ['complete_request', complete],
  ['inspect_request', inspect],
  [
    'history_request',
    ({ content }, { history }) => ({
      type: 'history_reply',
      content: { status: 'ok', history: history.find(content) },
    }),
  ],
  [
    'comm_info_request',
    ({ content }, { comms }) => ({
      type: 'comm_info_reply',
      content: comms.info(content.target_name),
    }),
  ],
  [
    'interrupt_request',
    (_message, { interrupt }) => {
      interrupt();
      return { type: 'interrupt_reply', content: { status: 'ok' } };
    },
  ],
  ['debug_request', debug],
]);

function kernelInfo(): Reply {
  return {
    type: 'kernel_info_reply',
    content: {
      status: 'ok',
      protocol_version: protocolVersion,
      implementation: 'fathom',
      implementation_version: version,
      language_info: {
        name: 'typescript',
        version: typescriptVersion,
        mimetype: 'text/typescript',
        file_extension: '.ts',
        pygments_lexer: 'typescript',
        codemirror_mode: 'typescript',
        nbconvert_exporter: 'script',
      },
      banner: `Fathom ${version}: TypeScript ${typescriptVersion} on Node ${process.version}`,
      help_links: [
        { text: 'TypeScript', url: 'https://www.typescriptlang.org/docs/' },
        { text: 'Node.js', url: 'https://nodejs.org/docs/latest/api/' },
      ],
      debugger: false,
      supported_features: [],
    },
  };
}

async function isComplete({ content }: Message, { compiler }: RequestContext): Promise<Reply> {
  return {
    type: 'is_complete_reply',
    content: { ...(await compiler.isComplete(codeOf(content))) },
  };
}

async function complete({ content }: Message, { compiler }: RequestContext): Promise<Reply> {
  const code = codeOf(content);
  const found = await compiler.complete(code, utf16Position(code, content.cursor_pos));
  const start = codePoints(code, found.start);
  const end = codePoints(code, found.end);
  return {
    type: 'complete_reply',
    content: {
      status: 'ok',
      matches: found.matches.map(({ name }) => name),
      cursor_start: start,
      cursor_end: end,
      metadata: {
        _jupyter_types_experimental: found.matches.map(({ name, kind }) => ({
          start,
          end,
          text: name,
          type: kind,
        })),
      },
    },
  };
}

async function inspect({ content }: Message, { compiler }: RequestContext): Promise<Reply> {
  const code = codeOf(content);
  const found = await compiler.inspect(
    code,
    utf16Position(code, content.cursor_pos),
    content.detail_level === 1 ? 1 : 0,
  );
  const data = found && {
    'text/plain': [found.signature, found.documentation].filter(Boolean).join('\n\n'),
    'text/markdown': [`\`\`\`typescript\n${found.signature}\n\`\`\``, found.documentation]
      .filter(Boolean)
      .join('\n\n'),
  };
  return {
    type: 'inspect_reply',
    content: { status: 'ok', found: found !== undefined, data: data ?? {}, metadata: {} },
  };
}

/** There is no debugger behind this kernel, and kernel_info says so; who asks anyway is told in the debugger's own form. */
function debug({ content }: Message): Reply {
  return {
    type: 'debug_reply',
    content: {
      type: 'response',
      request_seq: typeof content.seq === 'number' ? content.seq : 0,
      seq: 0,
      success: false,
      command: typeof content.command === 'string' ? content.command : '',
      message: 'this kernel has no debugger',
    },
  };
}

function codeOf(content: Record<string, unknown>): string {
  return typeof content.code === 'string' ? content.code : '';
}
