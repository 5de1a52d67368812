// How outputs of programs look where the page's own style does not reach: terminals, tables with colours of their own,
// widgets that cannot be moved, and words on what was cut.

/** `properties` are the custom properties of the light page. */
export const outputsCss = (properties: string): string => `
.ansi-own{color:light-dark(var(--light),var(--dark))}
${['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
  .map(
    (name) => `.ansi-${name}-bg{background:color-mix(in srgb,var(--ansi-${name}) 32%,transparent)}`,
  )
  .join('')}
:where([class*='-bg']){color:var(--strong)}
.ansi-faint{opacity:.78}
.output pre:has(.cut){border-left-style:dashed}
.cut{display:block;font-style:italic;color:var(--quiet);font-family:inherit}
nav.contents:empty{border:0}
.chart>.unresolved{font-family:'Source Sans 3','Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:.8rem}
p.cut{font-size:.8rem;margin:.4em 0}
.own-colours{${properties};color-scheme:light;color:var(--ink)}
@media screen{.own-colours{background:var(--paper);border-radius:4px;width:fit-content;max-width:100%}:root[data-theme=dark] .own-colours{padding:.5rem}}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]) .own-colours{padding:.5rem}}
.own-colours :is(td,th){padding:.35em .7em;text-align:right}
.output .scroll p{font-family:'Source Sans 3','Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:.78rem;margin:.5em 0}
.output .scroll>:first-child{margin-top:0}.output .scroll>:last-child{margin-bottom:0}
.output li[style*='inline-block']:not(:last-child)::after{content:'·';padding:0 .5ex}
.output dt[style*='inline-block']::after{content:':';padding-right:.5ex}
.output dd[style*='inline-block']{margin:0 1.2ex 0 0}
.widget{font-family:'Source Sans 3','Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:.78rem;line-height:1.5}
.widget p,.widget h4{margin:.2em 0}
.widget pre{white-space:pre-wrap}
.widget-row{display:flex;flex-wrap:wrap;align-items:center;gap:.2em .7em;margin:.25em 0}
.widget-label{color:var(--quiet);min-width:4.5em;text-align:right}
.widget-value{font-variant-numeric:tabular-nums}
.widget-field{border:1px solid var(--rule);border-radius:3px;padding:0 .6em;min-width:6em;min-height:1.5em}
.widget-button{display:inline-block;border:1px solid var(--rule);background:var(--raised);border-radius:3px;padding:.05em .9em;margin:.15em .3em .15em 0}
.widget-bar{display:inline-block;position:relative;width:9em;height:.5em;border-radius:.25em;background:var(--rule);overflow:hidden}
.widget-bar>span{display:block;height:100%;background:var(--accent)}
.widget-options{display:flex;flex-wrap:wrap;gap:0 1em}
.widget-options>span{color:var(--quiet)}
.widget-pages>div{border-left:2px solid var(--rule);padding-left:.9em;margin:.5em 0}
.widget-title{font-weight:600}
`;
