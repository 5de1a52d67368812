import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colourMap, depthColours, toHex } from '../../../src/lab/chart/colour.js';
import { categories } from '../../../src/shared/palette.js';
import { theme } from '../../../src/lab/chart/theme.js';
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
  normal: 18,
  protanopia: 18,
  deuteranopia: 18,
  tritanopia: 13,
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

test('categories and depths stand out from a white and from a dark page', () => {
  for (const colour of [...categories, ...depthColours(9)]) {
    for (const page of ['#ffffff', '#12161c']) {
      assert.ok(contrast(colour, page) >= 3, `${colour} on ${page}`);
    }
  }
});

test('lettering is readable', () => {
  const { axis, title } = theme as {
    axis: Record<string, string>;
    title: Record<string, string>;
  };
  for (const colour of [axis.labelColor, axis.titleColor, title.color, title.subtitleColor]) {
    assert.ok(contrast(colour!, '#ffffff') >= 4.5, `${colour}`);
  }
});

test('depth colours and maps run one way in lightness', () => {
  const lightness = (hex: string) => seenLab(hex, 'normal')[0];
  const depths = depthColours(6).map(lightness);
  for (let i = 1; i < 6; i++) assert.ok(depths[i]! <= depths[i - 1]! + 2, `depth ${i}`);
  const map = colourMap('sequential').map((rgb) => lightness(toHex(rgb)));
  assert.equal(map.length, 256);
  for (let i = 1; i < 256; i++) assert.ok(map[i]! >= map[i - 1]! - 0.3, `step ${i}`);
  const zero = colourMap('diverging')[128]!;
  assert.ok(lightness(toHex(zero)) > 95, 'zero is nearly white');
});
