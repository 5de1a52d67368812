// The heads of the pages: the title on the left, the section on the right. Chromium cannot put the section that a page
// is in into its margin, so the heads are printed as a PDF of their own and laid over the pages, as artifacts, which
// screen readers pass over.
import type { PDFDocument } from '@cantoo/pdf-lib';
import { embedFonts } from './fonts/embed.js';
import { html, trusted } from './markup.js';
import { headsCss } from './print-style.js';

export interface RunningHead {
  readonly left: string;
  readonly right: string;
}

/** Where a section begins, for the heads; in reading order. */
export interface HeadMark {
  readonly page: number;
  readonly left: string;
  readonly right: string;
}

/** A page is named after the first section that begins on it, else after the one that goes on; null leaves it bare. */
export function headsOf(
  marks: readonly HeadMark[],
  pages: number,
  bare: ReadonlySet<number>,
): (RunningHead | null)[] {
  return Array.from({ length: pages }, (_, index) => {
    const page = index + 1;
    if (bare.has(page)) return null;
    const mark =
      marks.find((each) => each.page === page) ?? marks.findLast((each) => each.page < page);
    return mark ? { left: mark.left, right: mark.right } : null;
  });
}

/** A page of HTML with one sheet for each head. */
export function headsPage(heads: readonly (RunningHead | null)[], language: string): string {
  const sheets = html`${heads.map(
    (head) =>
      html`<div class="sheet ui"><span>${head?.left}</span><span>${head?.right}</span></div>
`,
  )}`;
  const { css, markup } = embedFonts(sheets.text, headsCss, { language, spell: true });
  return html`<!doctype html><html lang="${language}"><meta charset="utf-8"><style>${trusted(css)}</style>${trusted(markup)}`
    .text;
}

/** Lays each page of `printed` over the page of the same number. */
export async function layOver(
  pdf: PDFDocument,
  printed: Uint8Array,
  heads: readonly (RunningHead | null)[],
): Promise<void> {
  const { PDFName, PDFOperator, PDFOperatorNames } = await import('@cantoo/pdf-lib');
  const wanted = heads.flatMap((head, index) => (head ? [index] : []));
  const sheets = await pdf.embedPdf(printed, wanted);
  for (const [index, number] of wanted.entries()) {
    const page = pdf.getPage(number);
    page.pushOperators(
      PDFOperator.of(PDFOperatorNames.BeginMarkedContentSequence, [
        PDFName.of('Artifact'),
        '<</Type /Pagination /Subtype /Header /Attached [/Top]>>',
      ]),
    );
    page.drawPage(sheets[index]!);
    page.pushOperators(PDFOperator.of(PDFOperatorNames.EndMarkedContent));
  }
}
