// A page of the report's look without scripts that needs nothing else: the index of a book, a comparison.
import { createHash } from 'node:crypto';
import { textFontCss } from './fonts.js';
import { html, type Markup, trusted } from './markup.js';
import { pageCss } from './style.js';

export interface PlainPage {
  readonly title: string;
  readonly language: string;
  readonly body: Markup;
  /** Put behind the look of all pages. */
  readonly css: string;
  /** Whether it has pictures, as data. */
  readonly pictures?: boolean;
}

export function plainPage({ title, language, body, css, pictures = false }: PlainPage): string {
  const style = `${textFontCss(body.text)}\n${pageCss}\n${css}`;
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = [
    `default-src 'none'`,
    `style-src 'sha256-${hash}'`,
    pictures ? `img-src data:` : '',
    `font-src data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ];
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy.filter((part) => part !== '').join('; '))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}
