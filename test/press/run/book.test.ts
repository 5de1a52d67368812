import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findBook, findProfile, readBook } from '../../../src/press/run/book.js';
import { plan } from '../../../src/press/run/plan.js';
import { code, notebook, project } from './fixtures.js';

const chapter = notebook(
  code('const depths: number[] = [1];\nconst seeds: number = 1;', 'parameters'),
);
const other = notebook(code('const width: number = 8;\nconst seeds: number = 1;', 'parameters'));
const yml = `title: A book
authors:
  - A. Reader
  - { name: B. Writer, affiliation: Somewhere }
chapters:
  - 01-a.ipynb
  - { file: 02-b.ipynb, title: Second }
profiles:
  quick:
    description: a minute
    parameters:
      01-a: { depths: [2, 4] }
  full:
`;
const folder = project({
  'notebooks/01-a.ipynb': chapter,
  'notebooks/02-b.ipynb': other,
  'notebooks/book.yml': yml,
  'elsewhere/c.ipynb': other,
  'elsewhere/01-a.ipynb': chapter,
});

describe('a book', () => {
  it('has chapters, authors and profiles', async () => {
    const file = findBook(join(folder, 'elsewhere'))!;
    assert.equal(file, join(folder, 'notebooks', 'book.yml'));
    const book = await readBook(file);
    assert.equal(book.title, 'A book');
    assert.equal(book.language, 'en');
    assert.deepEqual(book.authors, [
      { name: 'A. Reader' },
      { name: 'B. Writer', affiliation: 'Somewhere' },
    ]);
    assert.deepEqual(
      book.chapters.map(({ name, title }) => [name, title]),
      [
        ['01-a', undefined],
        ['02-b', 'Second'],
      ],
    );
    assert.deepEqual(book.profiles, [
      {
        name: 'quick',
        description: 'a minute',
        parameters: { '01-a': { depths: [2, 4] } },
        lines: { '01-a': { depths: 12 } },
      },
      { name: 'full', description: '', parameters: {}, lines: {} },
    ]);
    assert.equal(findProfile(book, undefined)?.name, 'quick');
    assert.throws(
      () => findProfile(book, 'ful'),
      /there is no profile "ful"\. Did you mean "full"\?/,
    );
  });

  const refused: [title: string, from: string, to: string, message: RegExp][] = [
    [
      'a key that does not exist',
      'authors:',
      'autors:',
      /book\.yml:2: unknown key "autors"\. Did you mean "authors"\?$/,
    ],
    [
      'a key of a profile',
      'description:',
      'descripton:',
      /book\.yml:10: unknown key "descripton"\. Did you mean "description"\?$/,
    ],
    [
      'a key of a chapter',
      'title: Second',
      'name: Second',
      /book\.yml:7: unknown key "name"\. Known are: file, title\.$/,
    ],
    ['no title', 'title: A book\n', '', /book\.yml:1: "title" is missing$/],
    [
      'a chapter that is not there',
      '- 01-a.ipynb',
      '- 01-x.ipynb',
      /book\.yml:6: there is no notebook 01-x\.ipynb beside it$/,
    ],
    [
      'a chapter outside the folder',
      '- 01-a.ipynb',
      '- ../elsewhere/c.ipynb',
      /book\.yml:6: .*a chapter is the name of an \.ipynb file/,
    ],
    [
      'a chapter listed twice',
      'file: 02-b.ipynb',
      'file: 01-a.ipynb',
      /book\.yml:7: chapter 01-a is listed twice$/,
    ],
    [
      'parameters of an unknown chapter',
      '01-a: {',
      '01-b: {',
      /book\.yml:12: there is no chapter "01-b"\. Did you mean/,
    ],
    ['bad YAML', 'title: A book', 'title: [', /book\.yml:\d+: /],
  ];
  for (const [title, from, to, message] of refused) {
    it(`refuses ${title}, and says where`, async () => {
      assert.ok(yml.includes(from));
      const changed = project({
        '01-a.ipynb': chapter,
        '02-b.ipynb': other,
        'book.yml': yml.replace(from, to),
      });
      await assert.rejects(
        readBook(join(changed, 'book.yml')),
        (error: Error & { exitCode?: number }) => {
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\n/);
          assert.equal(error.exitCode, 2);
          return true;
        },
      );
    });
  }
});

describe('a plan', () => {
  const make = (options: Partial<Parameters<typeof plan>[0]>) =>
    plan({ notebooks: [], folder, ...options });

  it('is the whole book in its first profile', async () => {
    const made = await make({});
    assert.equal(made.isWhole, true);
    assert.equal(made.project, folder);
    assert.equal(made.out, join(folder, 'reports', 'quick'));
    assert.deepEqual(
      made.chapters.map(({ name, parameters }) => [name, parameters]),
      [
        ['01-a', { depths: [2, 4] }],
        ['02-b', {}],
      ],
    );
  });

  it('takes one chapter with its profile, and values from the command line that win', async () => {
    const made = await make({
      notebooks: ['notebooks/01-a.ipynb'],
      parameters: ['depths=8', 'seeds=3'],
    });
    assert.equal(made.isWhole, false);
    assert.deepEqual(made.chapters[0]!.parameters, { depths: [8], seeds: 3 });
    assert.equal(made.profile?.name, 'quick');
  });

  it('gives a value to every chapter that has the parameter', async () => {
    const made = await make({ profile: 'full', parameters: ['seeds=5', 'width=16'] });
    assert.deepEqual(
      made.chapters.map(({ parameters }) => parameters),
      [{ seeds: 5 }, { width: 16, seeds: 5 }],
    );
    assert.equal(made.out, join(folder, 'reports', 'full'));
  });

  it('takes a notebook of no book, without a profile', async () => {
    const made = await make({ notebooks: ['elsewhere/c.ipynb'], out: 'there' });
    assert.equal(made.book, undefined);
    assert.equal(made.out, join(folder, 'there'));
  });

  const refused: [title: string, options: Partial<Parameters<typeof plan>[0]>, message: RegExp][] =
    [
      [
        'an unknown parameter of one notebook',
        { notebooks: ['notebooks/01-a.ipynb'], parameters: ['depth=1'] },
        /notebooks\/01-a\.ipynb: there is no parameter "depth"\. Did you mean "depths"\?/,
      ],
      [
        'a parameter that no chapter has',
        { parameters: ['widths=1'] },
        /no chapter has a parameter "widths"\. Did you mean "width"\?/,
      ],
      [
        'a value of the wrong type',
        { parameters: ['seeds=many'] },
        /01-a\.ipynb: parameter "seeds" takes number, not "many"/,
      ],
      [
        'something that is no assignment',
        { parameters: ['seeds'] },
        /-P seeds: a parameter is given as name=value/,
      ],
      ['an unknown profile', { profile: 'quik' }, /there is no profile "quik"/],
      [
        'a profile without a book',
        { notebooks: ['elsewhere/c.ipynb'], profile: 'quick' },
        /a profile belongs to a book/,
      ],
      ['a notebook that is not there', { notebooks: ['x.ipynb'] }, /^x\.ipynb: no such file$/],
      [
        'two notebooks of one name',
        { notebooks: ['elsewhere/01-a.ipynb', 'notebooks/01-a.ipynb'] },
        /two notebooks are called 01-a/,
      ],
    ];
  for (const [title, options, message] of refused) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(make(options), (error: Error & { exitCode?: number }) => {
        assert.match(error.message, message);
        assert.equal(error.exitCode, 2);
        return true;
      });
    });
  }

  it('refuses values of a profile that the notebook would not take', async () => {
    const wrong = project({
      '01-a.ipynb': chapter,
      '02-b.ipynb': other,
      'book.yml': yml.replace('[2, 4]', 'two'),
    });
    await assert.rejects(
      plan({ notebooks: [], folder: wrong }),
      /book\.yml:\d+: profile quick: 01-a: parameter "depths" takes number\[\], not "two"/,
    );
    const unknown = project({
      '01-a.ipynb': chapter,
      '02-b.ipynb': other,
      'book.yml': yml.replace('depths:', 'depth:'),
    });
    await assert.rejects(
      plan({ notebooks: [], folder: unknown }),
      /book\.yml:\d+: profile quick: 01-a: there is no parameter "depth"\. Did you mean "depths"/,
    );
  });
});
