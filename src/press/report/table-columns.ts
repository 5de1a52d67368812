// Columns of numbers in a table that a program printed: set to the right, their cells not broken, as in any good journal.
// It reads HTML that was sanitised before, so tags are whole and attributes hold no angle brackets.

/** A number, an interval or nothing: `−0.96`, `1,024`, `95 %`, `3.1e-5`, `0.14 to 0.86`, `0.5 ± 0.1`, `[0.1, 0.2]`, `–`. */
const one =
  '[+\\-−~<>≤≥≈]{0,2} ?\\d[\\d.,\\u00a0\\u2009\\u202f]{0,24}(?:e[+\\-−]?\\d{1,4}|\\^[+\\-−]?[\\d.,]{1,12})?[ \\u00a0\\u202f]?%?';
const numeric = new RegExp(`^[[(]?${one}(?: ?(?:to|±|–|…|,|/|\\[|\\() ?${one}){0,2}[\\])]?$`, 'iu');
const empty = /^(?:|[-–—−]|n\/a|nan|null|none)$/i;

/** Characters of a cell that are looked at; a number is shorter. */
const longest = 300;

interface Cell {
  /** Where its start tag's name ends, in the whole text. */
  readonly at: number;
  readonly column: number;
  readonly isHead: boolean;
  readonly text: string;
}

/** The same HTML, with the class `number` on the cells of every column that has numbers alone. */
export function markNumberColumns(html: string): string {
  const places = tablesOf(html)
    .flatMap(placesOf)
    .sort((a, b) => a - b);
  let marked = '';
  let from = 0;
  for (const place of places) {
    marked += `${html.slice(from, place)} class="number"`;
    from = place;
  }
  return marked + html.slice(from);
}

function placesOf(cells: readonly Cell[]): number[] {
  const columns = new Map<number, Cell[]>();
  for (const cell of cells) {
    const column = columns.get(cell.column);
    if (column) column.push(cell);
    else columns.set(cell.column, [cell]);
  }
  return [...columns.values()].flatMap((column) => {
    const body = column.filter(({ isHead }) => !isHead);
    const isNumeric =
      body.some(({ text }) => numeric.test(text)) &&
      body.every(({ text }) => empty.test(text) || numeric.test(text));
    return isNumeric ? column.map(({ at }) => at) : [];
  });
}

/** Cells of each plain table: one whose cells span nothing, and have no look of their own, nor tables in them. */
function tablesOf(html: string): Cell[][] {
  const tables: Cell[][] = [];
  let cells: Cell[] | null = null;
  let isPlain = true;
  let inHead = false;
  let column = 0;
  for (const { 0: tag, 1: end, 2: name, 3: attributes, index } of html.matchAll(
    /<(\/?)(table|thead|tr|th|td)\b([^>]*)>/g,
  )) {
    if (name === 'table') {
      if (end) {
        if (cells && isPlain) tables.push(cells);
        cells = null;
      } else {
        isPlain = cells === null && !/\bdataframe\b/.test(attributes!);
        cells = [];
      }
    } else if (name === 'thead') inHead = !end;
    else if (name === 'tr') column = 0;
    else if (!end && cells) {
      if (/\b(?:colspan|rowspan|class|style|align)=/.test(attributes!)) isPlain = false;
      const start = index + tag.length;
      const stop = html.indexOf('</t', start);
      cells.push({
        at: index + 1 + name!.length,
        column,
        isHead: inHead,
        text: html
          .slice(start, Math.min(stop === -1 ? html.length : stop, start + longest))
          .replace(/<[^>]*>/g, '')
          .replace(/&(?:lt|gt);/g, '<')
          .trim(),
      });
      column += 1;
    }
  }
  return tables;
}
