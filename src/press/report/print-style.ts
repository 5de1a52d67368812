// How a report looks on paper: the rules for every print, and those of the PDF, with its title page and running heads.
import { lineMark, sans } from './fonts.js';

/** Whatever is printed, the HTML from a browser's own menu too: nothing cut that belongs together. */
export const printCss = `
@media print{
html{font-size:10.5pt;line-height:1.46}
body{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.skip,.bar,nav.contents,.tools,button,details.data,.anchor,.tip,.preview{display:none!important}
main{max-width:none}
h1{font-size:25pt}h2{font-size:14.5pt;margin-top:2.1em}h3{font-size:12pt}h4,h5,h6{font-size:10.6pt}
body{orphans:2;widows:2}
h1,h2,h3,h4,h5,h6{break-after:avoid;break-inside:avoid}
p,li,blockquote{orphans:3;widows:3;text-wrap:pretty}
figure,.equation,.callout,.table-caption,tr,.picture,.table-block:not(.long),.output pre.error{break-inside:avoid}
.table-caption,summary{break-after:avoid}
thead{display:table-header-group}
table{max-width:100%;font-size:8.2pt}
.scroll,.equation>.formula{overflow:visible}
.wraps :is(td,th){white-space:normal!important;overflow-wrap:anywhere}
.column-page,.column-screen{width:auto}
figure{margin:1.7em 0}
figcaption,.table-caption{font-size:8.6pt}
.chart svg,.picture img{margin:0 auto;max-height:215mm}
pre{font-size:7.7pt;white-space:pre-wrap!important;overflow-wrap:anywhere;overflow:visible}
.code pre,.prose pre{padding:.7em .9em;box-decoration-break:clone;-webkit-box-decoration-break:clone}
.line{display:block;position:relative;padding-left:1.6em;text-indent:-1.6em;margin-left:0}
.line>*{text-indent:0}
/* As for prose: never fewer than three lines of code alone on a page; a short piece stays whole. */
.code pre:not(:has(.line:nth-child(10))){break-inside:avoid}
.line:nth-child(-n+2){break-after:avoid}
.line:nth-last-child(-n+2){break-before:avoid}
.line::before{font-family:'${lineMark.family}';content:"\\21aa\\a\\21aa\\a\\21aa\\a\\21aa\\a\\21aa\\a\\21aa\\a\\21aa\\a\\21aa" / "";position:absolute;left:.1em;top:1lh;bottom:0;overflow:hidden;white-space:pre;text-indent:0;color:var(--token-mark)}
details>summary{list-style:none}
a{color:inherit;text-decoration:none}
.prose a[href^=http],.bibliography a,.reference,.citation,.note-mark a{color:var(--accent)}
.end{font-size:8.8pt}
.provenance dl,.provenance dl *{font-size:8pt}
.provenance{break-inside:avoid}
}
`;

/** A4 with its margins, in millimetres. Wide figures use the outer 15 mm of the text area on both sides. */
const sheet = { width: 210, height: 297, side: 21, top: 27, bottom: 27, indent: 15 };
const pixels = (millimetres: number) => (millimetres / 25.4) * 96;

/** What text may fill of a page, in CSS pixels. */
export const pageSize = {
  width: pixels(sheet.width - 2 * sheet.side),
  height: pixels(sheet.height - sheet.top - sheet.bottom),
};

const small = `font:8.2pt '${sans}',sans-serif;color:#4f5b6b`;

/** The heads, printed as sheets of their own. */
export const headsCss = `
@page{size:A4;margin:0}
body{margin:0}
.sheet{${small};height:${sheet.height}mm;padding:${sheet.top - 11}mm ${sheet.side + sheet.indent}mm 0;display:flex;justify-content:space-between;gap:8mm;align-items:baseline;align-content:start;break-after:page;box-sizing:border-box;overflow:hidden}
.sheet:last-child{break-after:auto}
.sheet span{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
`;

/** Only in the HTML that is printed to PDF: title block, contents with page numbers, feet. */
export const paperCss = `
@page{size:A4;margin:${sheet.top}mm ${sheet.side}mm ${sheet.bottom}mm;
@bottom-center{content:"page " counter(page) " of " counter(pages);${small};vertical-align:top;padding-top:6mm}}
@media print{
/* Chromium makes everything smaller when one thing sticks out. */
main{padding:0 15mm;overflow:clip}
.column-page,.column-screen{width:168mm;margin-left:-15mm}
.title-block{margin:0 0 9mm;padding-top:14mm}
h1{font-size:26pt}
.subtitle{font-size:13.5pt}
.byline{font-size:9.6pt}
.abstract{font-size:9.6pt}
.made{font:8.2pt/1.5 '${sans}',sans-serif;color:var(--quiet);margin:-3mm 0 0}
.book>.paper-contents{break-after:auto}
.book>article{break-before:var(--break,page)}
.title-page{padding-top:62mm;break-after:var(--break,page)}
.title-page h1{font-size:34pt}
.paper-contents .chapter{margin-top:2mm}
.paper-contents .chapter>a{font-weight:600}
.paper-contents .chapter>a .dots{border-color:transparent}
h1 .number{color:var(--quiet);font-weight:400;margin-right:.25em}
.paper-contents{break-after:var(--break,page);font-family:'${sans}',sans-serif;font-size:8.9pt;line-height:1.4}
.paper-contents+section>h2:first-child{margin-top:0}
.paper-contents.own-page{break-before:var(--break,page)}
.paper-contents h2{font-size:10.4pt;margin:6mm 0 2mm;color:var(--strong)}
.paper-contents ol{list-style:none;margin:0;padding:0}
.paper-contents ol ol{padding-left:6mm}
.paper-contents li{margin:0}
.paper-contents a{display:flex;align-items:baseline;gap:2mm;padding:.35mm 0}
.paper-contents .number{min-width:6mm}
.paper-contents .what{flex:0 1 auto}
.paper-contents .dots{flex:1;border-bottom:.8px dotted #aab2be;min-width:8mm;transform:translateY(-.8mm)}
.paper-contents .page{min-width:7mm;text-align:right;font-variant-numeric:lining-nums tabular-nums}
}
`;
