// What a PDF says about itself: title, authors, language, XMP metadata, an identifier made from its content. Without this
// it would tell on the machine that made it.
import { createHash } from 'node:crypto';
import type { PDFDocument } from '@cantoo/pdf-lib';
import type { About } from './page.js';

export interface PdfDescription {
  readonly about: About;
  /** Date of creation; null leaves it out. */
  readonly date: Date | null;
  /** What was printed: the identifier of the file is made from it. */
  readonly markup: string;
  /** Name and version of the browser that printed it. */
  readonly browser: string;
}

/** Writes document information, XMP metadata and the identifier, and returns the file. */
export async function describePdf(
  pdf: PDFDocument,
  { about, date, markup, browser }: PdfDescription,
): Promise<Uint8Array> {
  const { PDFDict, PDFHexString, PDFName, PDFString } = await import('@cantoo/pdf-lib');
  const authors = about.authors.map(({ name }) => name);
  const producer = `Fathom with ${browser.replace(/^Headless/, '')}`;
  pdf.setTitle(about.title.text, { showInWindowTitleBar: true });
  if (authors.length > 0) pdf.setAuthor(authors.join(', '));
  if (about.description) pdf.setSubject(about.description);
  if (about.keywords.length > 0) pdf.setKeywords([...about.keywords]);
  pdf.setCreator('Fathom');
  pdf.setProducer(producer);
  pdf.setLanguage(about.language);
  const information = pdf.context.lookup(pdf.context.trailerInfo.Info, PDFDict);
  for (const key of ['CreationDate', 'ModDate']) {
    if (date) information.set(PDFName.of(key), PDFString.fromDate(date));
    else information.delete(PDFName.of(key));
  }
  await renumberElements(pdf);
  await mapRoles(pdf);
  const xmp = xmpPacket({ about, authors, producer, date });
  const stream = pdf.context.stream(Buffer.from(xmp), { Type: 'Metadata', Subtype: 'XML' });
  pdf.catalog.set(PDFName.of('Metadata'), pdf.context.register(stream));
  const digest = createHash('sha256').update(xmp).update(markup).digest('hex').slice(0, 32);
  pdf.context.trailerInfo.ID = pdf.context.obj([PDFHexString.of(digest), PDFHexString.of(digest)]);
  return await pdf.save({ useObjectStreams: true, updateFieldAppearances: false });
}

/**
 * Names the elements of the structure tree from 1. Chromium names them (`node00001253`) by a counter of the process that
 * laid them out, which another page may have used before: two prints would differ by luck. The order stays as it was,
 * so the sorted tree of names stays valid.
 */
async function renumberElements(pdf: PDFDocument): Promise<void> {
  const { PDFArray, PDFDict, PDFHexString, PDFString } = await import('@cantoo/pdf-lib');
  const places: { number: number; set(name: string): void }[] = [];
  const note = (value: unknown, set: (name: string) => void): void => {
    const isText = value instanceof PDFString || value instanceof PDFHexString;
    const found = isText ? /^node(\d+)$/.exec(value.decodeText()) : null;
    if (found) places.push({ number: Number(found[1]), set });
    else visit(value);
  };
  const visit = (value: unknown): void => {
    if (value instanceof PDFDict) {
      for (const [key, item] of value.entries()) {
        note(item, (name) => value.set(key, PDFString.of(name)));
      }
    } else if (value instanceof PDFArray) {
      for (const [index, item] of value.asArray().entries()) {
        note(item, (name) => value.set(index, PDFString.of(name)));
      }
    }
  };
  for (const [, value] of pdf.context.enumerateIndirectObjects()) visit(value);
  const numbers = [...new Set(places.map(({ number }) => number))].sort((a, b) => a - b);
  const rank = new Map(numbers.map((number, index) => [number, index + 1]));
  for (const { number, set } of places) set(`node${String(rank.get(number)).padStart(8, '0')}`);
}

/** Chromium tags emphasis as PDF 2.0 does; this says to readers of PDF 1.x what it is. */
async function mapRoles(pdf: PDFDocument): Promise<void> {
  const { PDFDict, PDFName } = await import('@cantoo/pdf-lib');
  const tree = pdf.catalog.lookupMaybe(PDFName.of('StructTreeRoot'), PDFDict);
  tree?.set(PDFName.of('RoleMap'), pdf.context.obj({ Strong: 'Span', Em: 'Span' }));
}

function xmpPacket(of: {
  about: About;
  authors: readonly string[];
  producer: string;
  date: Date | null;
}): string {
  const { about, authors, producer, date } = of;
  const e = (text: string) => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const alternative = (name: string, text: string | null) =>
    text
      ? `<dc:${name}><rdf:Alt><rdf:li xml:lang="x-default">${e(text)}</rdf:li></rdf:Alt></dc:${name}>`
      : '';
  const list = (name: string, kind: 'Seq' | 'Bag', items: readonly string[]) =>
    items.length > 0
      ? `<dc:${name}><rdf:${kind}>${items.map((item) => `<rdf:li>${e(item)}</rdf:li>`).join('')}</rdf:${kind}></dc:${name}>`
      : '';
  const stamp = date?.toISOString().replace(/\.\d+Z$/, 'Z');
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<dc:format>application/pdf</dc:format>
${alternative('title', about.title.text)}${list('creator', 'Seq', authors)}${alternative('description', about.description)}${list('subject', 'Bag', about.keywords)}
<dc:language><rdf:Bag><rdf:li>${e(about.language)}</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>Fathom</xmp:CreatorTool><pdf:Producer>${e(producer)}</pdf:Producer>
${stamp ? `<xmp:CreateDate>${stamp}</xmp:CreateDate><xmp:ModifyDate>${stamp}</xmp:ModifyDate>` : ''}
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`;
}
