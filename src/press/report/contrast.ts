// Colours that strangers chose, made readable on the page they land on: WCAG 2.2, relative luminance and contrast ratio.

/** Red, green, blue, 0 to 255 (sRGB). */
export type Rgb = [number, number, number];

export const black: Rgb = [0, 0, 0];
export const white: Rgb = [255, 255, 255];

/** WCAG 2.2, success criterion 1.4.3. */
const enough = 4.5;

/** The colour, moved towards black or white as little as it takes to be read on the ground. */
export function readableOn(colour: Rgb, ground: Rgb): Rgb {
  if (contrast(colour, ground) >= enough) return colour;
  const goal = contrast(white, ground) > contrast(black, ground) ? white : black;
  for (let part = 0.1; part < 1; part += 0.1) {
    const mixed = colour.map((c, i) => Math.round(c + (goal[i]! - c) * part)) as Rgb;
    if (contrast(mixed, ground) >= enough) return mixed;
  }
  return goal;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((c) => {
    const share = c / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function hex(colour: Rgb): string {
  return `#${colour.map((c) => c.toString(16).padStart(2, '0')).join('')}`;
}
