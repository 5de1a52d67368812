// Reports: an executed notebook in, a page and a PDF out.
export {
  BrowserError,
  type FoundBrowser,
  findBrowser,
  lendBrowser,
  openBrowser,
} from './browser.js';
export { type BookChapter, renderBook } from './book.js';
export { inOtherChapters } from './other-chapters.js';
export { type Diagnostic, formatDiagnostic, ReportError } from './diagnostics.js';
export type { Block, Document } from './document.js';
export { type Drawings, drawCharts } from './drawing.js';
export { type IndexEntry, indexPage } from './index-page.js';
export { renderHtml } from './page.js';
export { renderPdf } from './pdf.js';
export type { Provenance } from './provenance.js';
export { type ReadOptions, readDocument } from './read.js';
export {
  type Format,
  type Report,
  type ReportFile,
  type ReportOptions,
  renderReport,
} from './report.js';
