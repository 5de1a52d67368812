// Colours that colour-blind readers can tell apart, and the arithmetic to mix them. The bounds are held by a test.

/** From shallow to deep: an ordered scale, every colour of it with a contrast of ≥ 3 : 1 on white and on a dark page. */
const depthAnchors = ['#b3860c', '#56a06f', '#3f8fc0', '#6a60d0', '#96419c'];

/** For maps of values from 0 up: deep blue is none, pale sand is most. */
const sequentialAnchors = ['#0d0b2b', '#243a80', '#1f78ab', '#2f9c8f', '#93cc86', '#f6efb5'];

/** For maps of signed values: rust is negative, nearly white is zero, blue is positive. */
const divergingAnchors = [
  '#6e1e0b',
  '#a03317',
  '#dd9a7f',
  '#f7f6f3',
  '#84abd0',
  '#16558c',
  '#0a3058',
];

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** `count` colours for ordered series, shallow first. */
export function depthColours(count: number): string[] {
  if (count === 1) return [depthAnchors[2]!];
  return Array.from({ length: count }, (_, i) => toHex(mix(depthAnchors, i / (count - 1))));
}

/** A colour map of 256 entries. */
export function colourMap(name: 'sequential' | 'diverging' | 'grey'): readonly Rgb[] {
  const anchors = {
    sequential: sequentialAnchors,
    diverging: divergingAnchors,
    grey: ['#000000', '#ffffff'],
  }[name];
  if (name === 'grey') return Array.from({ length: 256 }, (_, i) => [i, i, i] as const);
  return Array.from({ length: 256 }, (_, i) => mix(anchors, i / 255));
}

/** Interpolates between colours in Oklab (Ottosson 2020), where equal steps look equal. `at` is 0 to 1. */
export function mix(anchors: readonly string[], at: number): Rgb {
  const place = Math.min(Math.max(at, 0), 1) * (anchors.length - 1);
  const index = Math.min(Math.floor(place), anchors.length - 2);
  const from = toOklab(fromHex(anchors[index]!));
  const to = toOklab(fromHex(anchors[index + 1]!));
  const share = place - index;
  return fromOklab(
    from.map((value, i) => value + (to[i]! - value) * share) as [number, number, number],
  );
}

export function fromHex(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function toHex(rgb: Rgb): string {
  return `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

const decode = (value: number) =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const encode = (value: number) =>
  value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;

function toOklab(rgb: Rgb): [number, number, number] {
  const [r, g, b] = rgb.map((value) => decode(value / 255)) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: [number, number, number]): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const channel = (value: number) => Math.round(Math.min(Math.max(encode(value), 0), 1) * 255);
  return [channel(linear[0]!), channel(linear[1]!), channel(linear[2]!)];
}
