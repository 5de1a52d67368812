// Charts that an output would draw with a script of its own: Altair and Plotly write HTML that calls their library with
// the chart as JSON. The script is not run; the JSON in it is read.

export type Embedded =
  | {
      readonly library: 'vega' | 'vega-lite';
      readonly specification: Record<string, unknown>;
    }
  | {
      readonly library: 'plotly';
      readonly figure: { readonly data: unknown; readonly layout: unknown };
    };

/** Longer markup is not searched. */
const maximumLength = 24_000_000;

export function embeddedChart(markup: string): Embedded | null {
  if (markup.length > maximumLength || !/<script\b/i.test(markup)) return null;
  if (markup.includes('vegaEmbed')) {
    // Altair calls a function with the specification, others vegaEmbed itself.
    for (const call of markup.matchAll(
      /\}\)\(\s*(?=\{)|vegaEmbed\(\s*["'][^"'<>]{1,200}["'],\s*(?=\{)/g,
    )) {
      const specification = jsonAt(markup, call.index + call[0].length);
      if (!isObject(specification)) continue;
      const isVega = /\/vega\/v\d/.test(String(specification.$schema ?? ''));
      return { library: isVega ? 'vega' : 'vega-lite', specification };
    }
  }
  const call = /Plotly\.(?:newPlot|react)\(\s*["'][^"'<>]{1,200}["'],\s*(?=\[)/.exec(markup);
  if (call) {
    const start = call.index + call[0].length;
    const data = jsonAt(markup, start);
    if (!Array.isArray(data)) return null;
    const after = /^\s*,\s*(?=\{)/.exec(
      markup.slice(endOf(markup, start), endOf(markup, start) + 100),
    );
    const layout = after ? jsonAt(markup, endOf(markup, start) + after[0].length) : {};
    return { library: 'plotly', figure: { data, layout } };
  }
  return null;
}

function jsonAt(text: string, start: number): unknown {
  try {
    return JSON.parse(text.slice(start, endOf(text, start)));
  } catch {
    return null;
  }
}

/** Where the list or object that starts here ends. */
function endOf(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
