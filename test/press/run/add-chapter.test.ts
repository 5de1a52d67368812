// A new line in book.yml leaves every other byte as it was.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BookError } from '../../../src/press/run/book.js';
import { nextChapterName, plainName, withChapter } from '../../../src/press/run/add-chapter.js';

const cases: [title: string, before: string, after: string][] = [
  [
    'a list with comments, oddly spaced',
    '# The book.\ntitle:   "Depth"   # as printed\nchapters:\n    - 01-a.ipynb   # the first\n\n# Sizes.\nprofiles:\n  quick: {}\n',
    '# The book.\ntitle:   "Depth"   # as printed\nchapters:\n    - 01-a.ipynb   # the first\n    - 02-b.ipynb\n\n# Sizes.\nprofiles:\n  quick: {}\n',
  ],
  [
    'a list that is not indented',
    'chapters:\n- 01-a.ipynb\ntitle: B\n',
    'chapters:\n- 01-a.ipynb\n- 02-b.ipynb\ntitle: B\n',
  ],
  [
    'a list in brackets',
    'title: B\nchapters: [01-a.ipynb] # all\n',
    'title: B\nchapters: [01-a.ipynb, 02-b.ipynb] # all\n',
  ],
  [
    'a last chapter with a title of its own',
    'chapters:\n  - 00.ipynb\n  - { file: 01-a.ipynb, title: A }\n',
    'chapters:\n  - 00.ipynb\n  - { file: 01-a.ipynb, title: A }\n  - 02-b.ipynb\n',
  ],
  [
    'a last chapter over several lines',
    'chapters:\n  - file: 01-a.ipynb\n    title: A\ntitle: B\n',
    'chapters:\n  - file: 01-a.ipynb\n    title: A\n  - 02-b.ipynb\ntitle: B\n',
  ],
  [
    'no line end at the end',
    'chapters:\n  - 01-a.ipynb',
    'chapters:\n  - 01-a.ipynb\n  - 02-b.ipynb\n',
  ],
  [
    'line ends of Windows',
    'chapters:\r\n  - 01-a.ipynb\r\ntitle: B\r\n',
    'chapters:\r\n  - 01-a.ipynb\r\n  - 02-b.ipynb\r\ntitle: B\r\n',
  ],
];

describe('a chapter added to book.yml', () => {
  for (const [title, before, after] of cases) {
    it(`after ${title}`, () => assert.equal(withChapter(before, '02-b.ipynb', 'book.yml'), after));
  }

  it('needs a list', () => {
    assert.throws(() => withChapter('title: B\n', '02-b.ipynb', 'book.yml'), BookError);
  });
});

describe('the name of a new chapter', () => {
  it('has the next number, after gaps and with as many digits', () => {
    assert.equal(nextChapterName('Regions', ['01-a', '04-b']), '05-regions');
    assert.equal(nextChapterName('Regions', ['001-a']), '002-regions');
    assert.equal(nextChapterName('Regions', ['intro']), '01-regions');
    assert.equal(nextChapterName('Regions', ['99-a']), '100-regions');
  });

  it('is made of plain letters', () => {
    assert.equal(plainName('What is a "Région"? It’s…'), 'what-is-a-region-its');
    assert.equal(plainName('../../etc/passwd'), 'etc-passwd');
    assert.equal(plainName('深さ'), '深さ');
    assert.equal(plainName('?!'), 'chapter');
    assert.equal(plainName('a'.repeat(80)).length, 60);
  });
});
