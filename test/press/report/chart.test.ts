// Charts: what is drawn, what it measures, what its table says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawChart, palette } from '../../../src/press/report/chart.js';
import { textWidth } from '../../../src/press/report/fonts.js';
import { colours } from '../../../src/press/report/style.js';
import { difference, seenLab } from '../../lab/chart/colour-vision.js';

const values = [1, 2, 3, 4].flatMap((x) =>
  ['a', 'b'].map((g) => ({ x, g, y: x / (g === 'a' ? 7 : 3), hidden: 1 })),
);
const request = (specification: object, extra: object = {}) => ({
  library: 'vega-lite' as const,
  specification: specification as Record<string, unknown>,
  alt: 'A "chart" & more',
  id: 'chart1',
  containerWidth: 640,
  ...extra,
});
const line = {
  data: { values },
  mark: 'line',
  encoding: {
    x: { field: 'x', type: 'quantitative', title: 'Depth' },
    y: { field: 'y', aggregate: 'mean', type: 'quantitative', title: 'Rank' },
    color: { field: 'g', title: 'Family' },
  },
};

test('one name for screen readers, and no other aria', async () => {
  const { svg } = await drawChart(request(line));
  assert.match(svg, /^<svg [^>]*role="img" aria-label="A &#34;chart&#34; &#38; more"/);
  assert.equal(
    svg.match(/aria-|role="(?!img")/g)?.filter((found) => found !== 'aria-').length ?? 0,
    0,
  );
  assert.equal(svg.match(/aria-/g)?.length, 1);
});

test('ids are its own, so that charts of a page do not mix', async () => {
  const clipped = { ...line, mark: { type: 'line', clip: true } };
  const { svg } = await drawChart(request(clipped, { id: 'chart7' }));
  const ids = [...svg.matchAll(/\bid="([^"]*)"/g)].map((found) => found[1]!);
  assert.ok(ids.length > 0 && ids.every((id) => id.startsWith('chart7-')));
  for (const [, used] of svg.matchAll(/url\(#([^)]*)\)/g)) assert.ok(ids.includes(used!));
});

test('the same picture twice, and numbers of two decimals', async () => {
  const [a, b] = [await drawChart(request(line)), await drawChart(request(line))];
  assert.equal(a.svg, b.svg);
  assert.doesNotMatch(a.svg.replace(/>[^<]*</g, '><'), /\d\.\d{3}/);
});

test('the width of the container is what there is', async () => {
  const { width } = await drawChart(
    request({ ...line, width: 'container', autosize: { type: 'fit', contains: 'padding' } }),
  );
  assert.equal(width, 640);
});

test('the table has what is encoded, with its titles', async () => {
  const { table } = await drawChart(request(line));
  assert.deepEqual(table?.columns.map(({ title }) => title).sort(), [
    'Depth',
    'Family',
    'Rank (mean)',
  ]);
  assert.equal(table?.total, 8);
  const field = table!.columns.findIndex((column) => column.title === 'Rank (mean)');
  assert.ok(Math.abs(Number(table!.rows[0]![field]) - 1 / 7) < 1e-12);
});

test('text is as wide as in a browser', () => {
  // Advance widths of Source Sans 3 Regular in thousandths of an em, from the tables of the font (version 3.052):
  // A 544, v 467, zero 497. Chromium measures the same (test/press/report/page.test.ts).
  assert.ok(Math.abs(textWidth('Av0', 1000, false) - (544 + 467 + 497)) <= 3);
  assert.ok(textWidth('W', 10, true) > textWidth('i', 10, true) * 2);
  assert.equal(textWidth('深', 10, false), 10);
});

test('a specification that cannot be read says so in words', async () => {
  await assert.rejects(
    drawChart(request({ data: { values }, mark: 'lime', encoding: {} })),
    /Vega-Lite cannot read the chart/,
  );
});

// WCAG 2.2: contrast of text 4.5 : 1, of lines and shapes that carry meaning 3 : 1.
const luminance = (hex: string) => {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
};
const contrast = (a: string, b: string) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
};

for (const [name, set] of Object.entries(colours)) {
  test(`contrast of every text colour, ${name}`, () => {
    const backgrounds = [set.paper, set.raised];
    for (const [role, colour] of Object.entries(set)) {
      if (
        ['paper', 'raised', 'rule', 'accent-soft', 'chart-line', 'chart-grid', 'focus'].includes(
          role,
        )
      )
        continue;
      for (const background of backgrounds) {
        assert.ok(
          contrast(colour, background) >= 4.5,
          `${role} ${colour} on ${background}: ${contrast(colour, background)}`,
        );
      }
    }
    assert.ok(contrast(set.focus, set.paper) >= 3);
    assert.ok(contrast(set['chart-line'], set.paper) >= 2.5);
  });
}

for (const sight of ['normal', 'protanopia', 'deuteranopia', 'tritanopia'] as const) {
  test(`any two colours of the palette can be told apart: ${sight}`, () => {
    for (const [index, colour] of palette.entries()) {
      for (const other of palette.slice(0, index)) {
        const apart = difference(seenLab(colour, sight), seenLab(other, sight));
        assert.ok(apart >= 11, `${colour} and ${other}: ${apart.toFixed(1)}`);
      }
    }
  });
}

test('every colour of the palette stands out from the page, light and dark', () => {
  for (const colour of palette) {
    for (const set of Object.values(colours)) {
      assert.ok(contrast(colour, set.paper) >= 3, `${colour} on ${set.paper}`);
    }
  }
});

test('a chart of ten thousand marks has one name, also for what is drawn again later', async () => {
  const { vega } = await drawChart(request(line));
  const marks = JSON.stringify(vega.marks);
  assert.equal(
    marks.match(/"type":"(?:line|group|symbol|rule|area)"/g)?.length,
    marks.match(/"aria":false/g)?.length,
  );
});
