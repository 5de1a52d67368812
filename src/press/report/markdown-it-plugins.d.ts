// Plugins that come without types.
declare module 'markdown-it-container' {
  import type { MarkdownIt, Token } from 'markdown-it';
  export default function container(
    md: MarkdownIt,
    name: string,
    options: {
      validate?: (info: string) => boolean;
      render?: (tokens: Token[], index: number) => string;
    },
  ): void;
}
declare module 'markdown-it-footnote' {
  import type { MarkdownIt } from 'markdown-it';
  export default function footnotes(md: MarkdownIt): void;
}
