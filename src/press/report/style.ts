// The look of a report, on screen and on paper. One set of custom properties holds every colour; the contrast of each
// pair that is used together is checked by a test.
import { ink } from '../../shared/palette.js';
import { outputsCss } from './outputs-style.js';
import { mono, sans, serif } from './fonts.js';
import { printCss } from './print-style.js';

export const colours = {
  light: {
    paper: '#ffffff',
    raised: '#f5f6f8',
    ink: '#1b222d',
    quiet: '#4f5b6b',
    rule: '#d9dee6',
    strong: '#0f1620',
    accent: '#1a5a94',
    'accent-soft': '#e7f0f8',
    focus: '#b3541e',
    'token-keyword': '#8a2f7e',
    'token-string': '#2c6a3c',
    'token-comment': '#616a78',
    'token-number': '#9a4a12',
    'token-function': '#1a5a94',
    'token-name': '#3b4553',
    'token-mark': '#55606f',
    note: '#1a5a94',
    tip: '#2c6a3c',
    warning: '#9a4a12',
    danger: '#a5282c',
    'ansi-black': '#1b222d',
    'ansi-red': '#a5282c',
    'ansi-green': '#2c6a3c',
    'ansi-yellow': '#7d5a00',
    'ansi-blue': '#1a5a94',
    'ansi-magenta': '#8a2f7e',
    'ansi-cyan': '#17697a',
    'ansi-white': '#5b6675',
    'chart-ink': ink.strong,
    'chart-quiet': ink.medium,
    'chart-line': ink.faint,
    'chart-grid': ink.grid,
  },
  dark: {
    paper: '#12161c',
    raised: '#1b212a',
    ink: '#dbe1e9',
    quiet: '#a3afbf',
    rule: '#313b49',
    strong: '#f4f6f9',
    accent: '#84b9ea',
    'accent-soft': '#1c2f42',
    focus: '#f0a36b',
    'token-keyword': '#d59ad0',
    'token-string': '#8fcf9f',
    'token-comment': '#96a1b0',
    'token-number': '#e5aa7c',
    'token-function': '#84b9ea',
    'token-name': '#c5ced9',
    'token-mark': '#a3afbf',
    note: '#84b9ea',
    tip: '#8fcf9f',
    warning: '#e5aa7c',
    danger: '#f19a98',
    'ansi-black': '#dbe1e9',
    'ansi-red': '#f19a98',
    'ansi-green': '#8fcf9f',
    'ansi-yellow': '#dcc06c',
    'ansi-blue': '#84b9ea',
    'ansi-magenta': '#d59ad0',
    'ansi-cyan': '#7fcbd8',
    'ansi-white': '#b4bfcc',
    'chart-ink': '#e3e8ee',
    'chart-quiet': '#aeb9c7',
    'chart-line': '#6d7887',
    'chart-grid': '#29313c',
  },
} as const;

const properties = (set: Record<string, string>) =>
  Object.entries(set)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');

const themes = `
:root{color-scheme:light;${properties(colours.light)}}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${properties(colours.dark)}}}
@media screen{:root[data-theme=dark]{color-scheme:dark;${properties(colours.dark)}}}
`;

const base = `
*,*::before,*::after{box-sizing:border-box}
html{font-size:20px;line-height:1.55;-webkit-text-size-adjust:100%;scroll-padding-top:1.5rem;scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font-family:'${serif}',Georgia,'Times New Roman',serif;font-feature-settings:'onum','kern','liga';text-rendering:optimizeLegibility;hanging-punctuation:first last}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.16em}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:2px}
img,svg{max-width:100%;height:auto}
p,ul,ol,dl,blockquote{margin:0 0 1em}
p,li,h1,h2,h3,h4,h5,h6,figcaption{unicode-bidi:plaintext}
ul,ol{padding-left:1.4em}
li{margin-bottom:.25em}
li>p{margin-bottom:.4em}
blockquote{margin-left:0;padding-left:1em;border-left:3px solid var(--rule);color:var(--quiet)}
hr{border:0;border-top:1px solid var(--rule);margin:2.2em auto;width:30%}
strong,b,th{font-weight:600}
code,pre,kbd,samp{font-family:'${mono}',ui-monospace,Menlo,Consolas,monospace;font-feature-settings:normal}
code{font-size:.82em;background:var(--raised);padding:.08em .28em;border-radius:3px;overflow-wrap:break-word}
pre code,.token code{background:none;padding:0;font-size:inherit}
kbd{font-size:.78em;border:1px solid var(--rule);border-bottom-width:2px;border-radius:4px;padding:.05em .4em}
mark{background:#f6e58d;color:#1b222d;padding:0 .1em}
sup,sub{line-height:0;font-size:.72em}
.ui,nav,figcaption,.title-block .byline,.table-caption,summary,button,.data,.provenance dl{font-family:'${sans}','Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-feature-settings:'kern','liga'}
.number{font-variant-numeric:lining-nums tabular-nums}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}

main{max-width:32rem;min-width:0;overflow-wrap:break-word}
.title-block{margin-bottom:2.6rem}
h1,h2,h3,h4,h5,h6{font-weight:600;color:var(--strong);line-height:1.2;text-wrap:balance}
h1{font-size:2.15rem;letter-spacing:-.012em;margin:0 0 .35em;line-height:1.12}
h2,h3,h4,h5,h6{font-family:'${sans}','Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-feature-settings:'kern','liga','lnum'}
h2{font-size:1.36rem;margin:2.6em 0 .7em}
h3{font-size:1.1rem;margin:2.1em 0 .6em}
h4,h5,h6{font-size:.96rem;margin:1.8em 0 .5em}
:is(h2,h3,h4,h5,h6) .number{color:var(--quiet);font-weight:400;margin-right:.3em}
:is(h2,h3,h4)+*{margin-top:0}
.anchor{margin-left:.35em;text-decoration:none;opacity:0;font-weight:400}
:is(h2,h3,h4,h5,h6):hover .anchor,.anchor:focus-visible{opacity:1}
.subtitle{font-size:1.15rem;line-height:1.35;color:var(--quiet);margin:0 0 1em;text-wrap:balance}
.byline{font-size:.82rem;color:var(--quiet);margin:0 0 1.4em}
.byline strong{color:var(--ink)}
.abstract{border-top:1px solid var(--rule);border-bottom:1px solid var(--rule);padding:.9em 0 .1em;font-size:.92rem}
.abstract h2{font-size:.78rem;margin:0 0 .4em;color:var(--quiet);letter-spacing:.04em}

.note-mark a{text-decoration:none;padding:0 .15em}
.citation,.reference{text-decoration-color:color-mix(in srgb,var(--accent) 40%,transparent)}
.unresolved{color:var(--danger)}

figure{margin:2.1em 0}
figcaption,.table-caption{font-size:.78rem;line-height:1.45;color:var(--quiet);margin-top:.7em;text-align:left;font-variant-numeric:lining-nums}
figcaption strong,.table-caption strong{color:var(--strong)}
figcaption p{margin:0}
.chart,.picture{position:relative}
.chart svg{display:block;overflow:visible}
.picture img{display:block;max-width:100%;height:auto}
.picture img.pixels{image-rendering:pixelated}
.column-page,.column-screen{width:min(45rem,calc(100vw - 3rem))}
.column-screen{width:min(55rem,calc(100vw - 3rem))}

.scroll{overflow-x:auto;margin:1.4em 0}
.table-block{margin:2.1em 0}
.table-block .scroll{margin:0}
.table-caption{margin:0 0 .6em}
table{border-collapse:collapse;font-family:'${sans}','Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:.78rem;line-height:1.4;font-variant-numeric:lining-nums tabular-nums;font-feature-settings:'kern';border-top:1.5px solid var(--ink);border-bottom:1.5px solid var(--ink)}
thead{border-bottom:1px solid var(--ink)}
th,td{padding:.35em .9em .35em 0;text-align:left;vertical-align:top}
th:last-child,td:last-child{padding-right:.2em}
tbody tr+tr{border-top:1px solid var(--rule)}
td.number,th.number{text-align:right}
td.number{white-space:nowrap}
thead :is(th,td){vertical-align:bottom}
.dataframe :is(td,th){text-align:right;white-space:nowrap}

.code{position:relative;margin:1.3em 0}
pre{margin:0;font-size:.69rem;line-height:1.5;overflow-x:auto;tab-size:2}
.code pre{background:var(--raised);border-radius:6px;padding:.8em 1em}
.prose pre{background:var(--raised);border-radius:6px;padding:.8em 1em;margin:0 0 1em}
.k{color:var(--token-keyword)}.s{color:var(--token-string)}.c{color:var(--token-comment);font-style:normal}.n{color:var(--token-number)}.f{color:var(--token-function)}.v{color:var(--token-name)}.p{color:var(--token-mark)}
summary{cursor:pointer;font-size:.74rem;color:var(--quiet);width:fit-content;padding:.1em 0}
summary:hover{color:var(--ink)}
details[open]>summary{margin-bottom:.4em}
.output{margin:1.3em 0}
.output pre{padding:.1em 0 .1em 1em;border-left:2px solid var(--rule);white-space:pre;color:var(--quiet)}
.output pre.stderr{border-left-color:var(--warning)}
.output pre.error{border-left-color:var(--danger)}
.code+.output{margin-top:-.5em}
${['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
  .map(
    (name) =>
      `.ansi-${name}-fg{color:var(--ansi-${name})}.ansi-${name}-bg{background:color-mix(in srgb,var(--ansi-${name}) 18%,transparent)}`,
  )
  .join('')}
.ansi-bold{font-weight:600}.ansi-italic{font-style:italic}.ansi-underline{text-decoration:underline}.ansi-strikethrough{text-decoration:line-through}

.equation{display:flex;align-items:center;gap:1em;margin:1.3em 0}
.equation>.formula{flex:1;min-width:0;overflow-x:auto;overflow-y:hidden;padding:.2em 0}
.equation .katex-display{margin:0}
.equation>.number{color:var(--quiet);font-size:.9rem}
.katex{font-size:1.08em}
.prose .katex-display{overflow-x:auto;overflow-y:hidden;padding:.2em 0}

.callout{margin:1.5em 0;padding:.8em 1.1em .1em;border-left:3px solid var(--note);background:var(--raised);border-radius:0 6px 6px 0;font-size:.94em}
.callout>*{margin-bottom:.7em}
.callout-title{font-family:'${sans}',sans-serif;font-weight:600;font-size:.82rem;margin-bottom:.3em;color:var(--note)}
.callout-tip{border-color:var(--tip)}.callout-tip .callout-title{color:var(--tip)}
.callout-warning,.callout-caution{border-color:var(--warning)}:is(.callout-warning,.callout-caution) .callout-title{color:var(--warning)}
.callout-important{border-color:var(--danger)}.callout-important .callout-title{color:var(--danger)}
.task-list{list-style:none;margin-left:-1.3em}

.end{border-top:1px solid var(--rule);margin-top:3.4em;font-size:.84rem;line-height:1.5}
.end h2{margin:1.6em 0 .7em;font-size:1.05rem}
.bibliography{list-style:none;padding:0}
.bibliography li{padding-left:1.6em;text-indent:-1.6em;overflow-wrap:anywhere;margin-bottom:.5em}
.bibliography li>*{text-indent:0}
.bibliography li:has(.entry-left-margin){display:grid;grid-template-columns:minmax(1.6em,max-content) 1fr;column-gap:.6em;padding-left:0;text-indent:0}
.entry-left-margin{font-variant-numeric:lining-nums tabular-nums}.entry-block{display:block}.entry-indent{display:block;padding-left:2em}.small-caps{font-variant-caps:small-caps}
.provenance dl{display:grid;grid-template-columns:max-content 1fr;gap:.25em 1.2em;font-size:.74rem;margin:0}
.provenance dt{color:var(--quiet)}
.provenance dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:lining-nums}
`;

const screen = `
@media screen{
.skip{position:absolute;left:.8rem;top:-4rem;background:var(--paper);padding:.4rem .8rem;z-index:5;font-family:'${sans}',sans-serif;font-size:.8rem}
.skip:focus{top:.6rem}
.layout{display:grid;grid-template-columns:minmax(0,32rem);justify-content:center;padding:0 1.2rem 5rem}
.bar{display:flex;justify-content:flex-end;gap:.5rem;padding:.7rem 0 0;min-height:2.6rem}
main{padding-top:1.2rem}
nav.contents{font-size:.76rem;line-height:1.35}
nav.contents ol{list-style:none;padding:0;margin:0}
nav.contents ol ol{padding-left:1.15em}
nav.contents li{margin:0}
nav.contents a{display:flex;gap:.55em;padding:.24em .5em;color:var(--quiet);text-decoration:none;border-left:2px solid transparent;border-radius:0 3px 3px 0}
nav.contents a:hover{color:var(--ink);background:var(--raised)}
nav.contents a[aria-current]{color:var(--accent);border-left-color:var(--accent)}
nav.contents .number{flex:none}
nav.contents summary{font-weight:600;color:var(--strong);font-size:.78rem;padding:.24em .5em}
button,.menu>summary{font-size:.68rem;line-height:1;color:var(--quiet);background:var(--paper);border:1px solid var(--rule);border-radius:4px;padding:.42em .65em;min-height:24px;cursor:pointer}
button:hover,.menu>summary:hover{color:var(--ink);border-color:var(--quiet)}
.code>button.copy{position:absolute;top:.55em;right:.55em;opacity:0}
.code:hover>button.copy,.code>button.copy:focus-visible{opacity:1}
.code>details:not([open])~button.copy{display:none}
.code>details~button.copy{top:2.05rem}
@media (hover:none){.code>button.copy{opacity:1}}
.tools{position:absolute;top:-.4rem;right:0;display:flex;gap:.35rem;opacity:0;transition:opacity .12s;z-index:2}
figure:hover .tools,.tools:focus-within,.tools:has([open]){opacity:1}
@media (hover:none){.tools{opacity:1;position:static;justify-content:flex-end;margin-bottom:.4rem}}
.live.scrolls{overflow-x:auto}.live.scrolls svg{min-width:var(--least)}
.menu{position:relative}
.menu>summary{list-style:none}
.menu>summary::-webkit-details-marker{display:none}
.menu[open]>div{position:absolute;right:0;top:calc(100% + 3px);display:flex;flex-direction:column;background:var(--paper);border:1px solid var(--rule);border-radius:5px;padding:.25em;box-shadow:0 4px 16px rgb(0 0 0/.14);min-width:9em}
.menu button{border:0;text-align:left;padding:.5em .6em;min-height:24px}
.menu button:hover{background:var(--raised)}
.tip{position:fixed;pointer-events:none;z-index:9;background:var(--paper);color:var(--ink);border:1px solid var(--rule);border-radius:5px;box-shadow:0 3px 14px rgb(0 0 0/.16);padding:.4em .6em;font:.68rem/1.4 '${sans}',sans-serif;max-width:22rem}
.tip table{border:0;font-size:inherit}.tip td,.tip tr{border:0!important;padding:0 .5em 0 0}.tip td:first-child{color:var(--quiet)}
.preview{position:absolute;z-index:8;width:min(25rem,calc(100vw - 1.6rem));max-height:min(22rem,60vh);overflow:auto;background:var(--paper);color:var(--ink);border:1px solid var(--rule);border-radius:6px;box-shadow:0 6px 24px rgb(0 0 0/.18);padding:.75em 1em;font-size:.8rem;line-height:1.5}
.preview>div>:last-child,.preview p:last-child{margin-bottom:0}
.preview :is(figure,.equation,.table-block){margin:0}
.preview .column-page,.preview .column-screen{width:auto;margin:0}
.preview-way{display:inline-block;margin-top:.6em;font-family:'${sans}',sans-serif;font-size:.74rem}
details.data{margin-top:.5em}
details.data .scroll{margin:.3em 0;max-height:18rem;overflow:auto}
details.data table{font-size:.72rem}
dialog.lightbox{border:0;padding:.9rem 1.2rem 1.1rem;width:fit-content;max-width:96vw;max-height:96vh;background:var(--paper);color:var(--ink);border-radius:8px;overflow:auto}
dialog.lightbox::backdrop{background:rgb(8 12 18/.78)}
.lightbox-bar{display:flex;gap:.4rem;justify-content:flex-end;margin-bottom:.7rem}
.lightbox-bar button{min-width:2.2rem;min-height:1.7rem}
.lightbox-bar button:disabled{opacity:.35;cursor:default}
.lightbox-stage :is(svg,img){display:block;width:min(92vw - 2.4rem,calc((94vh - 11rem)*var(--ratio,1.5)));height:auto;max-width:none;margin:0 auto}
.lightbox-caption{font-family:'${sans}',sans-serif;font-size:.8rem;line-height:1.5;color:var(--quiet);margin:.8rem auto 0;max-width:44rem}
.lightbox-caption strong{color:var(--strong)}
@media (min-width:1180px){
.layout{grid-template-columns:13rem minmax(0,32rem) 13rem;column-gap:2.6rem}
.bar{grid-column:1/-1}
nav.contents{position:sticky;top:1.6rem;align-self:start;max-height:calc(100vh - 3.2rem);overflow-y:auto;padding-top:1.9rem}
.column-page{margin-left:-6.5rem;width:45rem}
.column-screen{margin-left:-11.5rem;width:55rem}
}
@media (max-width:1179px){
nav.contents{border:1px solid var(--rule);border-radius:6px;padding:.4em .5em;margin-top:.6rem}
.column-page,.column-screen{width:auto}
}
@media (max-width:640px){
html{font-size:17.5px}
.layout{padding:0 1rem 3rem}
h1{font-size:1.75rem}
.provenance dl{grid-template-columns:1fr}
.provenance dd{margin-bottom:.5em}
.equation>.number{align-self:flex-end}
}
}
`;

/** Lettering, lines and grid of the charts of this project, as they are on white → what they are in the dark. */
const chartInks = {
  [ink.strong]: 'chart-ink',
  [ink.medium]: 'chart-quiet',
  [ink.faint]: 'chart-line',
  [ink.grid]: 'chart-grid',
} as const;
const whites = ['white', '#fff', '#ffffff'];
const blacks = ['black', '#000', '#000000', '#222', '#333', '#333333'];
const having = (attribute: string, values: readonly string[]) =>
  `:is(${values.map((value) => `[${attribute}="${value}"]`).join(',')})`;

/**
 * In the dark a chart takes the colours of the page for its lettering and lines, and white stands for the page. That holds
 * for static and live charts alike, and changes with the theme at once. A chart with a background of another colour was
 * designed for it, and keeps it. Text on shaded squares (`keeps-text`) is as dark or light as the squares need.
 */
const darkChart = (scope: string) => {
  const chart = `${scope} .chart:not(.on-paper)`;
  return `
${scope} .chart.on-paper{border-radius:6px;overflow:hidden}
${chart} :is(.role-axis-title,.role-legend-title,.role-title-text,.role-header-title,.role-row-title,.role-column-title,.role-row-header,.role-column-header,.role-title) text{fill:var(--chart-ink)}
${chart} :is(.role-axis-label,.role-legend-label,.role-title-subtitle) text{fill:var(--chart-quiet)}
${chart} .role-axis-grid line{stroke:var(--chart-grid)}
${chart} :is(.role-axis-domain,.role-axis-tick) line{stroke:var(--chart-line)}
${Object.entries(chartInks)
  .map(
    ([ink, name]) =>
      `${chart} [fill="${ink}"]{fill:var(--${name})}${chart} [stroke="${ink}"]{stroke:var(--${name})}`,
  )
  .join('\n')}
${chart}:not(.keeps-text) .mark-text.role-mark text${having('fill', blacks)}{fill:var(--chart-ink)}
${chart} :is(.mark-rule,.mark-line,.mark-symbol,.mark-tick).role-mark :is(line,path)${having('stroke', blacks)}{stroke:var(--chart-ink)}
${chart} svg>rect${having('fill', whites)},${chart} .background${having('fill', whites)}{fill:transparent}
${chart} .live svg{background-color:transparent!important}
${chart} .role-mark ${having('stroke', whites)}{stroke:var(--paper)}
${scope} .picture img:not(.pixels){background:#fff;border-radius:4px}
`;
};

const dark = `
@media screen and (prefers-color-scheme:dark){${darkChart(':root:not([data-theme=light])')}}
@media screen{${darkChart(':root[data-theme=dark]')}}
`;

export const pageCss = [
  themes,
  base,
  outputsCss(properties(colours.light)),
  screen,
  dark,
  printCss,
].join('\n');
