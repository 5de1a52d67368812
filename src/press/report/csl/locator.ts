// What an author writes after a key: ", pp. 3-5 and elsewhere" is a place in the work and some more words.

const labels: Record<string, string> = {
  page: 'p pp page pages',
  chapter: 'chap chaps chapter chapters ch',
  section: 'sec secs section sections § §§',
  figure: 'fig figs figure figures',
  table: 'tbl table tables',
  equation: 'eq eqs equation equations',
  volume: 'vol vols volume volumes',
  part: 'pt pts part parts',
  paragraph: 'para paras paragraph paragraphs ¶ ¶¶',
  line: 'l ll line lines',
  note: 'n nn note notes',
  number: 'no nos number numbers',
  appendix: 'app apps appendix appendices',
  algorithm: 'algorithm algorithms',
  theorem: 'theorem theorems',
};

const byWord = new Map(
  Object.entries(labels).flatMap(([label, words]) =>
    words.split(' ').map((word) => [word, label] as const),
  ),
);

export function readLocator(source: string): {
  locator: { label: string; text: string } | null;
  suffix: string;
} {
  const text = source.replace(/^,?\s*/, '').trim();
  const found =
    /^(?:(?<word>\p{L}+|[§¶]{1,2})\.?\s*)?(?<place>[\p{L}]?\d[\p{L}\d]*(?:\.\d+)*(?:\s*(?:[-–—]{1,3}|,|&)\s*[\p{L}]?\d[\p{L}\d.]*)*)(?<rest>[\s\S]*)$/u.exec(
      text,
    );
  if (!found) return { locator: null, suffix: source.trim() };
  const { word, place, rest = '' } = found.groups as Record<string, string>;
  const label = word === undefined ? 'page' : byWord.get(word.toLowerCase());
  if (label === undefined) return { locator: null, suffix: source.trim() };
  return { locator: { label, text: place!.replace(/\.$/, '') }, suffix: rest.trim() };
}
