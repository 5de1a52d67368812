import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  categories,
  categoriesOnDark,
  colourMap,
  depthColours,
  toHex,
} from '../../../src/lab/chart/colour.js';
import { darkTheme, theme } from '../../../src/lab/chart/theme.js';
import { contrast, difference, seenLab, type Vision } from './colour-vision.js';

test('the colour difference is that of the published test data', () => {
  // Sharma, Wu and Dalal 2005, table 1: pairs 1, 2, 3, 17, 19 and 20.
  const table = [
    [50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425],
    [50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615],
    [50, 2.8361, -74.02, 50, 0, -82.7485, 3.4412],
    [50, 2.5, 0, 73, 25, -18, 27.1492],
    [50, 2.5, 0, 61, -5, 29, 22.8977],
    [50, 2.5, 0, 56, -27, -3, 31.903],
  ];
  for (const [l1, a1, b1, l2, a2, b2, expected] of table) {
    const found = difference([l1!, a1!, b1!], [l2!, a2!, b2!]);
    assert.ok(Math.abs(found - expected!) < 1e-4, `${found} is not ${expected}`);
  }
});

const least: Record<Vision, number> = {
  normal: 23,
  protanopia: 23,
  deuteranopia: 23,
  tritanopia: 16,
};

test('any two categories can be told apart, with deficient colour vision too', () => {
  for (const as of Object.keys(least) as Vision[]) {
    for (const [index, one] of categories.entries()) {
      for (const other of categories.slice(0, index)) {
        const found = difference(seenLab(one, as), seenLab(other, as));
        assert.ok(found >= least[as], `${one} and ${other} differ by ${found} with ${as} vision`);
      }
    }
  }
});

test('categories and depths stand out from their page', () => {
  for (const colour of [...categories, ...depthColours(8)]) {
    assert.ok(contrast(colour, '#ffffff') >= 3, `${colour} on white`);
  }
  for (const colour of [...categoriesOnDark, ...depthColours(8, 'dark')]) {
    assert.ok(contrast(colour, '#16191f') >= 4.5, `${colour} on the dark page`);
  }
});

test('text of both themes is readable', () => {
  for (const [config, page] of [
    [theme, '#ffffff'],
    [darkTheme, '#16191f'],
  ] as const) {
    const { axis, title } = config as {
      axis: Record<string, string>;
      title: Record<string, string>;
    };
    for (const colour of [axis.labelColor, axis.titleColor, title.color, title.subtitleColor]) {
      assert.ok(contrast(colour!, page) >= 4.5, `${colour} on ${page}`);
    }
  }
});

test('depth colours and maps run one way in lightness', () => {
  const lightness = (hex: string) => seenLab(hex, 'normal')[0];
  const depths = depthColours(6).map(lightness);
  assert.deepEqual(
    depths,
    [...depths].sort((a, b) => b - a),
  );
  const map = colourMap('sequential').map((rgb) => lightness(toHex(rgb)));
  assert.equal(map.length, 256);
  for (let i = 1; i < 256; i++) assert.ok(map[i]! >= map[i - 1]! - 0.3, `step ${i}`);
  const zero = colourMap('diverging')[128]!;
  assert.ok(lightness(toHex(zero)) > 95, 'zero is nearly white');
});
