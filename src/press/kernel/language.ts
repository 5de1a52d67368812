/** What the compiler knows of code that is being written: completion and inspection. */
import type TS from 'typescript';
import { completePath } from './paths.js';
import type { TslabConverter } from './tslab.js';

export interface Completion {
  /** Range that a match replaces, in UTF-16 units. */
  start: number;
  end: number;
  matches: { name: string; kind: string }[];
}

export interface Inspection {
  signature: string;
  documentation: string;
}

export function completeCode(
  ts: typeof TS,
  converter: TslabConverter,
  folder: string,
  source: string,
  position: number,
): Completion {
  const inString = completePath(ts, source, position, folder);
  if (inString) return inString;
  const { start, end, candidates, original } = converter.complete(source, position);
  const kinds = new Map(original?.entries.map(({ name, kind }) => [name, kind]));
  const seen = new Set<string>();
  const matches = candidates
    .filter((name) => !seen.has(name) && seen.add(name))
    .map((name) => ({ name, kind: completionKind(kinds.get(name)) }));
  return { start, end, matches };
}

/** `detail` 1 adds what the short answer leaves out: all tags of the doc comment, examples among them. */
export function inspectCode(
  converter: TslabConverter,
  source: string,
  position: number,
  detail: 0 | 1,
): Inspection | undefined {
  // Front ends ask with the cursor on a name, behind it, or inside the brackets of a call.
  const call = callBefore(source, position);
  const places = [position, position - 1, ...(call === undefined ? [] : [call])];
  for (const place of places) {
    if (place < 0) continue;
    const info = converter.inspect(source, place);
    if (info) return describe(info, detail);
  }
  return undefined;
}

const briefTags = new Set(['param', 'returns', 'deprecated', 'throws']);

function describe(info: TS.QuickInfo, detail: 0 | 1): Inspection {
  const join = (parts: { text: string }[] | undefined) =>
    (parts ?? []).map(({ text }) => text).join('');
  const tags = (info.tags ?? [])
    .filter(({ name }) => detail === 1 || briefTags.has(name))
    .map(({ name, text }) => `@${name} ${join(text)}`.trimEnd());
  return {
    signature: join(info.displayParts),
    documentation: [join(info.documentation), ...tags].filter(Boolean).join('\n'),
  };
}

/** Position of the name of the call whose brackets enclose the cursor. */
function callBefore(source: string, position: number): number | undefined {
  let depth = 0;
  for (let at = position - 1; at >= 0; at--) {
    const character = source[at]!;
    if (character === ')') depth++;
    else if (character === '(') {
      if (depth === 0) return at > 0 ? at - 1 : undefined;
      depth--;
    } else if (character === ';' && depth === 0) return undefined;
  }
  return undefined;
}

/** The compiler's kinds → the words that front ends have icons for. */
function completionKind(kind: string | undefined): string {
  switch (kind) {
    case 'method':
    case 'local function':
    case 'function':
      return 'function';
    case 'class':
    case 'local class':
      return 'class';
    case 'interface':
    case 'type':
      return 'interface';
    case 'module':
    case 'external module name':
      return 'module';
    case 'keyword':
    case 'primitive type':
      return 'keyword';
    case 'property':
    case 'getter':
    case 'setter':
      return 'property';
    case 'enum':
    case 'enum member':
      return 'enum';
    case 'string':
      return 'string';
    default:
      return 'instance';
  }
}
