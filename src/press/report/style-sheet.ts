// The style sheets that come with an output → style attributes of its elements. A sheet in the page would reach every
// other part of it, so none is let in; but a table that pandas, gt or kable have coloured keeps its look this way. Which
// properties survive is for the sanitiser to say.
//
// Selectors of tags, ids, classes, descendants, children and :nth-child are followed. Others, and all @-rules, are not.
import { Parser } from 'htmlparser2';
import postcss from 'postcss';
import { escapeHtml } from './markup.js';

/** A sheet or a table beyond these keeps its numbers and loses its colours. */
const limits = { css: 400_000, rules: 4_000, tests: 2_000_000 };

interface Compound {
  readonly tag: string | null;
  readonly id: string | null;
  readonly classes: readonly string[];
  /** `an+b` of :nth-child. */
  readonly nth: { readonly a: number; readonly b: number } | null;
  /** How the next compound of the selector stands to this one. */
  readonly combinator: ' ' | '>';
}

interface Rule {
  /** From the outermost to the element itself. */
  readonly compounds: readonly Compound[];
  readonly specificity: number;
  readonly declarations: readonly Declaration[];
}

interface Declaration {
  readonly property: string;
  readonly value: string;
  readonly important: boolean;
}

interface Element {
  readonly tag: string;
  readonly id: string | null;
  readonly classes: readonly string[];
  readonly index: number;
  children: number;
}

const voidTags = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
);

/** The markup without its style sheets, and with what they say on each element. */
export function applyStyleSheets(markup: string): string {
  if (!/<style\b/i.test(markup)) return markup;
  const rules = readRules(sheetsOf(markup));
  if (rules.length === 0) return markup;
  const byKey = new Map<string, Rule[]>();
  for (const rule of rules) {
    const last = rule.compounds.at(-1)!;
    const key = last.id !== null ? `#${last.id}` : (last.classes[0] ?? `<${last.tag ?? '*'}`);
    byKey.set(key, [...(byKey.get(key) ?? []), rule]);
  }
  const order = new Map(rules.map((rule, index) => [rule, index]));
  const out: string[] = [];
  const open: Element[] = [{ tag: '', id: null, classes: [], index: 1, children: 0 }];
  let tests = 0;
  let inSheet = false;
  const styleOf = (element: Element): string => {
    if (tests > limits.tests) return '';
    const keys = [`#${element.id}`, ...element.classes, `<${element.tag}`, '<*'];
    const found = keys
      .flatMap((key) => byKey.get(key) ?? [])
      .filter((rule) => {
        tests += rule.compounds.length;
        return matches(rule.compounds, open, element);
      })
      .sort((a, b) => a.specificity - b.specificity || order.get(a)! - order.get(b)!);
    // Of each property the last stands, unless one before it is important.
    const winners = new Map<string, Declaration>();
    for (const declaration of found.flatMap((rule) => rule.declarations)) {
      const before = winners.get(declaration.property);
      if (before?.important && !declaration.important) continue;
      winners.delete(declaration.property);
      winners.set(declaration.property, declaration);
    }
    return [...winners.values()].map(({ property, value }) => `${property}:${value}`).join(';');
  };
  const parser = new Parser(
    {
      onopentag(tag, attributes) {
        if (tag === 'style') {
          inSheet = true;
          return;
        }
        const parent = open.at(-1)!;
        parent.children += 1;
        const classes = (attributes.class ?? '').split(/\s+/).filter(Boolean).slice(0, 20);
        const element = {
          tag,
          id: attributes.id ?? null,
          classes,
          index: parent.children,
          children: 0,
        };
        const style = [styleOf(element), attributes.style ?? ''].filter(Boolean).join(';');
        const kept = { ...attributes, ...(style ? { style } : {}) };
        out.push(
          `<${tag}${Object.entries(kept)
            .map(([name, value]) => ` ${name}="${escapeHtml(value)}"`)
            .join('')}>`,
        );
        if (!voidTags.has(tag)) open.push(element);
      },
      ontext(text) {
        if (!inSheet) out.push(escapeHtml(text));
      },
      onclosetag(tag) {
        if (tag === 'style') inSheet = false;
        else if (!voidTags.has(tag)) {
          out.push(`</${tag}>`);
          if (open.length > 1) open.pop();
        }
      },
    },
    { lowerCaseTags: true, decodeEntities: true },
  );
  parser.end(markup);
  return out.join('');
}

function sheetsOf(markup: string): string {
  const sheets: string[] = [];
  let isOpen = false;
  const parser = new Parser({
    onopentagname: (tag) => {
      isOpen = tag === 'style';
    },
    ontext: (text) => {
      if (isOpen) sheets.push(text);
    },
    onclosetag: () => {
      isOpen = false;
    },
  });
  parser.end(markup);
  return sheets.join('\n');
}

function readRules(css: string): Rule[] {
  if (css.length > limits.css) return [];
  let sheet: postcss.Root;
  try {
    sheet = postcss.parse(css);
  } catch {
    return [];
  }
  const rules: Rule[] = [];
  for (const node of sheet.nodes) {
    if (node.type !== 'rule') continue;
    const declarations = node.nodes.flatMap((inner) =>
      inner.type === 'decl' && !inner.prop.startsWith('--')
        ? [{ property: inner.prop, value: inner.value, important: inner.important ?? false }]
        : [],
    );
    if (declarations.length === 0) continue;
    for (const selector of node.selector.split(',')) {
      const compounds = readSelector(selector.trim());
      if (!compounds) continue;
      const specificity = compounds.reduce(
        (sum, { id, classes, nth, tag }) =>
          sum + (id === null ? 0 : 10_000) + (classes.length + (nth ? 1 : 0)) * 100 + (tag ? 1 : 0),
        0,
      );
      if (rules.push({ compounds, specificity, declarations }) > limits.rules) return [];
    }
  }
  return rules;
}

function readSelector(selector: string): Compound[] | null {
  if (selector.length > 300) return null;
  const parts = selector.replace(/\s*>\s*/g, '>').split(/(?=[\s>])/);
  if (parts.length > 8) return null;
  const compounds: Compound[] = [];
  for (const part of parts) {
    const child = part.startsWith('>');
    const found =
      /^[\s>]*(\*|[a-z][a-z\d]*)?((?:[#.][\w-]+)*)(?::nth-child\(([^()]{1,12})\))?$/i.exec(part);
    if (!found || part.trim() === '' || part.trim() === '>') return null;
    const names = found[2]!.match(/[#.][\w-]+/g) ?? [];
    const nth = found[3] === undefined ? null : readNth(found[3]);
    if (found[3] !== undefined && !nth) return null;
    compounds.push({
      tag: found[1] === undefined || found[1] === '*' ? null : found[1].toLowerCase(),
      id: names.find((name) => name.startsWith('#'))?.slice(1) ?? null,
      classes: names.filter((name) => name.startsWith('.')).map((name) => name.slice(1)),
      nth,
      combinator: child ? '>' : ' ',
    });
  }
  return compounds;
}

function readNth(text: string): { a: number; b: number } | null {
  const given = text.replace(/\s/g, '').toLowerCase();
  if (given === 'odd') return { a: 2, b: 1 };
  if (given === 'even') return { a: 2, b: 0 };
  const found = /^(?:([+-]?\d*)n)?([+-]?\d+)?$/.exec(given);
  if (!found || given === '') return null;
  const step = found[1];
  const a =
    step === undefined ? 0 : step === '' || step === '+' ? 1 : step === '-' ? -1 : Number(step);
  return { a, b: Number(found[2] ?? 0) };
}

function matches(compounds: readonly Compound[], open: readonly Element[], self: Element): boolean {
  if (!fits(compounds.at(-1)!, self)) return false;
  let at = open.length - 1;
  for (let i = compounds.length - 1; i > 0; i--) {
    const wanted = compounds[i - 1]!;
    if (compounds[i]!.combinator === '>') {
      if (at < 1 || !fits(wanted, open[at]!)) return false;
    } else {
      // The nearest will do: with few parents of a kind, going back further changes nothing for real sheets.
      while (at >= 1 && !fits(wanted, open[at]!)) at -= 1;
      if (at < 1) return false;
    }
    at -= 1;
  }
  return true;
}

function fits({ tag, id, classes, nth }: Compound, element: Element): boolean {
  if (tag !== null && tag !== element.tag) return false;
  if (id !== null && id !== element.id) return false;
  if (!classes.every((name) => element.classes.includes(name))) return false;
  if (!nth) return true;
  const steps = nth.a === 0 ? 0 : (element.index - nth.b) / nth.a;
  return nth.a === 0 ? element.index === nth.b : Number.isInteger(steps) && steps >= 0;
}
