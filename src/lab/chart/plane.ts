// Linear regions on a plane as a picture: every polygon filled by the answer of the net there, shaded so that neighbours differ.
import type { Plane } from '../measure/plane.js';
import { categories, ink } from '../../shared/palette.js';
import { mix } from './colour.js';

export interface PlanePictureOptions {
  /** Pixels of a side; 300 when left out. */
  readonly size?: number;
  /** Plane pictures beside each other have a heading each. */
  readonly titles?: readonly string[];
}

const gap = 16;
const room = 20;

/** Planes beside each other, as SVG. */
export function planePictures(
  planes: readonly Pick<Plane, 'polygons'>[],
  options: PlanePictureOptions = {},
): string {
  const { size = 300, titles = [] } = options;
  const width = planes.length * (size + gap) - gap;
  const height = size + (titles.length > 0 ? room : 0);
  const parts = planes.map(({ polygons }, index) => {
    const left = index * (size + gap);
    const top = titles.length > 0 ? room : 0;
    const shapes = polygons.map(({ corners, region, answer }) => {
      // A shade of its own for each region, from its number.
      const shade = 0.2 + 0.7 * ((region * 0.618034) % 1);
      const [r, g, b] = mix(['#ffffff', categories[answer % categories.length]!], shade);
      const points = corners.map(
        ([x, y]) => `${(left + x * size).toFixed(1)},${(top + y * size).toFixed(1)}`,
      );
      return `<polygon points="${points.join(' ')}" fill="rgb(${Math.round(r)},${Math.round(g)},${Math.round(b)})" stroke="#ffffff" stroke-width="0.4"/>`;
    });
    const title =
      titles[index] === undefined
        ? ''
        : `<text x="${left}" y="13" font-family="sans-serif" font-size="12" fill="${ink.medium}">${escaped(titles[index])}</text>`;
    return title + shapes.join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${parts.join('')}</svg>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
