// How a report looks on paper: the rules for every print, and those of the PDF, with its title page and running heads.
import { sans } from './fonts.js';

/** Whatever is printed, the HTML from a browser's own menu too: nothing cut that belongs together. */
export const printCss = `
@media print{
html{font-size:11pt;line-height:1.46}
body{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.skip,.bar,nav.contents,.tools,button,details.data,.anchor,.tip,.preview{display:none!important}
main{max-width:none}
h1{font-size:25pt}h2{font-size:14.5pt;margin-top:2.1em}h3{font-size:12pt}h4,h5,h6{font-size:10.6pt}
h1,h2,h3,h4,h5,h6{break-after:avoid;break-inside:avoid}
p,li,blockquote{orphans:3;widows:3}
figure,.equation,.callout,.table-caption,tr,.picture,.table-block:not(.long),.output pre.error{break-inside:avoid}
.table-caption,summary{break-after:avoid}
thead{display:table-header-group}
table{max-width:100%;font-size:8.2pt}
.scroll{overflow:visible}
.column-page,.column-screen{width:auto}
figure{margin:1.7em 0}
figcaption,.table-caption{font-size:8.6pt}
.chart svg,.picture img{margin:0 auto;max-height:215mm}
pre{font-size:7.7pt;white-space:pre-wrap!important;overflow-wrap:anywhere;overflow:visible}
.code pre,.prose pre{padding:.7em .9em;box-decoration-break:clone;-webkit-box-decoration-break:clone}
details>summary{list-style:none}
a{color:inherit;text-decoration:none}
.prose a[href^=http],.bibliography a,.reference,.citation,.note-mark a{color:var(--accent)}
.end{font-size:8.8pt}
.provenance dl,.provenance dl *{font-size:8pt}
.provenance{break-inside:avoid}
}
`;

/** Only in the HTML that is printed to PDF: a title page, contents with page numbers, heads and feet. */
export function paperCss(title: string, author: string): string {
  const text = (value: string) => `"${value.replace(/[\\"]/g, '\\$&').replace(/\s+/g, ' ')}"`;
  const small = `font:8.2pt '${sans}',sans-serif;color:#4f5b6b`;
  return `
@page{size:A4;margin:27mm 21mm 27mm 21mm;
@top-left{content:${text(title)};${small};vertical-align:bottom;padding:0 0 6mm 15mm}
@top-right{content:${text(author)};${small};vertical-align:bottom;padding:0 15mm 6mm 0}
@bottom-center{content:"page " counter(page) " of " counter(pages);${small};vertical-align:top;padding-top:6mm}}
@page:first{@top-left{content:none}@top-right{content:none}}
@media print{
main{padding:0 15mm}
.column-page,.column-screen{width:168mm;margin-left:-15mm}
.title-block{margin:0 0 9mm;padding-top:26mm}
h1{font-size:30pt}
.subtitle{font-size:14.5pt}
.byline{font-size:10pt}
.abstract{font-size:10pt}
.paper-contents{break-after:page;font-family:'${sans}',sans-serif;font-size:9.6pt;line-height:1.45}
.paper-contents h2{font-size:11pt;margin:8mm 0 3mm;color:var(--strong)}
.paper-contents ol{list-style:none;margin:0;padding:0}
.paper-contents ol ol{padding-left:6mm}
.paper-contents li{margin:0}
.paper-contents a{display:flex;align-items:baseline;gap:2mm;padding:.5mm 0}
.paper-contents .number{min-width:6mm}
.paper-contents .what{flex:0 1 auto}
.paper-contents .dots{flex:1;border-bottom:.8px dotted #aab2be;min-width:8mm;transform:translateY(-.8mm)}
.paper-contents .page{min-width:7mm;text-align:right;font-variant-numeric:lining-nums tabular-nums}
}
`;
}
