// Words and date forms of a language. English is built in; a style brings changes of its own, and a locale file of the CSL
// project may be laid under it for other languages.
import { childOf, childrenOf, type XmlElement } from './xml.js';

export interface Locale {
  readonly language: string;
  term(name: string, form?: string, plural?: boolean): string | null;
  date(form: string): XmlElement | null;
  readonly punctuationInQuotes: boolean;
  /** '01' → 'st', with the exceptions of 11, 12 and 13. */
  ordinal(number: number): string;
}

/** Long and short form in singular and plural: "page|pages|p.|pp.". Without bars a term has one form. */
const english: Record<string, string> = {
  accessed: 'accessed',
  and: 'and',
  'and others': 'and others',
  anonymous: 'anonymous||anon.',
  at: 'at',
  'available at': 'available at',
  by: 'by',
  circa: 'circa||c.',
  cited: 'cited',
  'et-al': 'et al.',
  forthcoming: 'forthcoming',
  from: 'from',
  ibid: 'ibid.',
  in: 'in',
  'in press': 'in press',
  internet: 'internet',
  interview: 'interview',
  letter: 'letter',
  'no date': 'no date||n.d.',
  'no-place': 'no place||n.p.',
  'no-publisher': 'no publisher||n.p.',
  on: 'on',
  online: 'online',
  'original-work-published': 'original work published',
  'personal-communication': 'personal communication',
  preprint: 'preprint',
  'presented at': 'presented at the',
  reference: 'reference|references|ref.|refs.',
  retrieved: 'retrieved',
  'review-of': 'review of',
  scale: 'scale',
  'special-issue': 'special issue',
  version: 'version||v.',
  'working-paper': 'working paper',
  article: 'preprint',
  'article-journal': 'journal article',
  'article-magazine': 'magazine article',
  'article-newspaper': 'newspaper article',
  dataset: 'dataset',
  'paper-conference': 'conference paper',
  report: 'report',
  software: 'software',
  thesis: 'thesis',
  webpage: 'webpage',
  'open-quote': '“',
  'close-quote': '”',
  'open-inner-quote': '‘',
  'close-inner-quote': '’',
  'page-range-delimiter': '–',
  appendix: 'appendix|appendices|app.|apps.',
  book: 'book|books|bk.|bks.',
  chapter: 'chapter|chapters|chap.|chaps.',
  column: 'column|columns|col.|cols.',
  edition: 'edition|editions|ed.|eds.',
  equation: 'equation|equations|eq.|eqs.',
  figure: 'figure|figures|fig.|figs.',
  folio: 'folio|folios|fol.|fols.',
  issue: 'issue|issues|no.|nos.',
  line: 'line|lines|l.|ll.',
  note: 'note|notes|n.|nn.',
  number: 'number|numbers|no.|nos.',
  'number-of-pages': 'page|pages|p.|pp.',
  'number-of-volumes': 'volume|volumes|vol.|vols.',
  page: 'page|pages|p.|pp.',
  'page-first': 'page|pages|p.|pp.',
  paragraph: 'paragraph|paragraphs|para.|paras.',
  part: 'part|parts|pt.|pts.',
  section: 'section|sections|sec.|secs.',
  supplement: 'supplement|supplements|supp.|supps.',
  table: 'table|tables|tbl.|tbls.',
  'sub-verbo': 'sub verbo|sub verbis|s.v.|s.vv.',
  verse: 'verse|verses|v.|vv.',
  volume: 'volume|volumes|vol.|vols.',
  chair: 'chair|chairs',
  'collection-editor': 'editor|editors|ed.|eds.',
  compiler: 'compiler|compilers|comp.|comps.',
  contributor: 'contributor|contributors|contrib.|contribs.',
  director: 'director|directors|dir.|dirs.',
  editor: 'editor|editors|ed.|eds.',
  'editorial-director': 'editor|editors|ed.|eds.',
  editortranslator: 'editor & translator|editors & translators|ed. & tran.|eds. & trans.',
  'editor-translator': 'editor & translator|editors & translators|ed. & tran.|eds. & trans.',
  illustrator: 'illustrator|illustrators|ill.|ills.',
  interviewer: 'interviewer|interviewers',
  translator: 'translator|translators|tran.|trans.',
};

const englishForms: Record<string, Record<string, string>> = {
  symbol: { and: '&', paragraph: '¶|¶¶', section: '§|§§' },
  verb: {
    author: 'by',
    'collection-editor': 'edited by',
    compiler: 'compiled by',
    director: 'directed by',
    editor: 'edited by',
    editortranslator: 'edited & translated by',
    'editor-translator': 'edited & translated by',
    'editorial-director': 'edited by',
    illustrator: 'illustrated by',
    interviewer: 'interview by',
    recipient: 'to',
    translator: 'translated by',
    'container-author': 'by',
  },
  'verb-short': {
    compiler: 'comp. by',
    director: 'dir. by',
    editor: 'ed. by',
    editortranslator: 'ed. & trans. by',
    'editor-translator': 'ed. & trans. by',
    translator: 'trans. by',
  },
};

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const shortMonths = [
  'Jan.',
  'Feb.',
  'Mar.',
  'Apr.',
  'May',
  'June',
  'July',
  'Aug.',
  'Sept.',
  'Oct.',
  'Nov.',
  'Dec.',
];

const part = (name: string, attributes: Record<string, string> = {}): XmlElement => ({
  name: 'date-part',
  attributes: { name, ...attributes },
  children: [],
  text: '',
});

const englishDates: Record<string, XmlElement> = {
  text: {
    name: 'date',
    attributes: { form: 'text' },
    text: '',
    children: [part('month', { suffix: ' ' }), part('day', { suffix: ', ' }), part('year')],
  },
  numeric: {
    name: 'date',
    attributes: { form: 'numeric' },
    text: '',
    children: [
      part('month', { form: 'numeric-leading-zeros', suffix: '/' }),
      part('day', { form: 'numeric-leading-zeros', suffix: '/' }),
      part('year'),
    ],
  },
};

/** The order in which a missing form of a term is looked for. */
const fallbacks: Record<string, string[]> = {
  long: ['long'],
  short: ['short', 'long'],
  symbol: ['symbol', 'short', 'long'],
  verb: ['verb', 'long'],
  'verb-short': ['verb-short', 'verb', 'long'],
};

/** `layers` are `locale` elements, the most particular first. */
export function makeLocale(language: string, layers: readonly XmlElement[]): Locale {
  const find = (name: string, form: string, plural: boolean): string | null => {
    for (const layer of layers) {
      const terms = childOf(layer, 'terms');
      const own = terms?.children.find(
        ({ attributes }) => attributes.name === name && (attributes.form ?? 'long') === form,
      );
      if (!own) continue;
      const number = childOf(own, plural ? 'multiple' : 'single') ?? childOf(own, 'single');
      return (number ?? own).text;
    }
    return englishTerm(name, form, plural);
  };
  const option = layers
    .map((layer) => childOf(layer, 'style-options')?.attributes['punctuation-in-quote'])
    .find((given) => given !== undefined);
  const term: Locale['term'] = (name, form = 'long', plural = false) => {
    for (const each of fallbacks[form] ?? ['long']) {
      const found = find(name, each, plural);
      if (found !== null) return found;
    }
    return null;
  };
  return {
    language,
    term,
    date: (form) => {
      for (const layer of layers) {
        const own = childrenOf(layer, 'date').find(({ attributes }) => attributes.form === form);
        if (own) return own;
      }
      return englishDates[form] ?? null;
    },
    punctuationInQuotes: option === undefined ? /^en(-US)?$/.test(language) : option === 'true',
    ordinal: (number) => {
      const pad = (value: number) => String(value).padStart(2, '0');
      return (
        term(`ordinal-${pad(number % 100)}`) ??
        term(`ordinal-${pad(number % 10)}`) ??
        term('ordinal') ??
        'th'
      );
    },
  };
}

function englishTerm(name: string, form: string, plural: boolean): string | null {
  const month = /^(month|season)-(\d\d)$/.exec(name);
  if (month) {
    const index = Number(month[2]) - 1;
    if (month[1] === 'season') return ['Spring', 'Summer', 'Autumn', 'Winter'][index] ?? null;
    return (form === 'short' ? shortMonths : form === 'long' ? months : [])[index] ?? null;
  }
  if (form === 'long' && /^(long-)?ordinal/.test(name)) {
    const ordinals: Record<string, string> = {
      ordinal: 'th',
      'ordinal-01': 'st',
      'ordinal-02': 'nd',
      'ordinal-03': 'rd',
      'ordinal-11': 'th',
      'ordinal-12': 'th',
      'ordinal-13': 'th',
    };
    const long = [
      'first',
      'second',
      'third',
      'fourth',
      'fifth',
      'sixth',
      'seventh',
      'eighth',
      'ninth',
      'tenth',
    ];
    const index = /^long-ordinal-(\d\d)$/.exec(name)?.[1];
    return (index === undefined ? ordinals[name] : long[Number(index) - 1]) ?? null;
  }
  if (form === 'long' || form === 'short') {
    if (!Object.hasOwn(english, name)) return null;
    const [single, multiple, short, shorts] = english[name]!.split('|');
    if (form === 'long') return plural ? multiple || single! : single!;
    return short === undefined ? null : plural ? (shorts ?? short) : short;
  }
  const set = englishForms[form];
  if (!set || !Object.hasOwn(set, name)) return null;
  const [single, multiple] = set[name]!.split('|');
  return plural ? (multiple ?? single!) : single!;
}
