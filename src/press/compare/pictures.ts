// How far apart pictures are: both are drawn in the browser, and the pixels that differ are counted.
import { BrowserError, openBrowser } from '../report/index.js';

export interface PictureFile {
  readonly mime: string;
  readonly base64: string;
}

/** As an address, for an `img` element: there nothing in an SVG picture runs or loads. */
export function addressOf({ mime, base64 }: PictureFile): string {
  return `data:${mime};base64,${base64}`;
}

/** Steps of 256 by which a channel may differ without being seen: edges are smoothed differently from machine to machine. */
const unseen = 16;

/**
 * The share of pixels that differ, for each pair; null for one that lacks a picture, and for all where there is no browser.
 * Pictures of different sizes are laid over each other at their upper left corner.
 */
export async function comparePictures(
  pairs: readonly { a: PictureFile | undefined; b: PictureFile | undefined }[],
): Promise<(number | null)[]> {
  if (!pairs.some(({ a, b }) => a && b)) return pairs.map(() => null);
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  try {
    browser = await openBrowser();
  } catch (error) {
    if (error instanceof BrowserError) return pairs.map(() => null);
    throw error;
  }
  try {
    const page = await browser.newPage();
    const shares: (number | null)[] = [];
    for (const { a, b } of pairs) {
      if (!a || !b) shares.push(null);
      else shares.push(await page.evaluate(shareOfPixels, addressOf(a), addressOf(b), unseen));
    }
    return shares;
  } finally {
    await browser.close();
  }
}

/** Runs in the page. */
async function shareOfPixels(
  first: string,
  second: string,
  unseen: number,
): Promise<number | null> {
  const load = async (address: string): Promise<HTMLImageElement | null> => {
    const image = new Image();
    image.src = address;
    return image.decode().then(
      () => image,
      () => null,
    );
  };
  const [a, b] = [await load(first), await load(second)];
  if (!a || !b) return null;
  const width = Math.max(a.naturalWidth, b.naturalWidth);
  const height = Math.max(a.naturalHeight, b.naturalHeight);
  if (width === 0 || height === 0) return null;
  const pixels = (image: HTMLImageElement): Uint8ClampedArray => {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, width, height).data;
  };
  const [left, right] = [pixels(a), pixels(b)];
  let different = 0;
  for (let at = 0; at < left.length; at += 4) {
    const isSeen = [0, 1, 2].some((channel) => {
      return Math.abs(left[at + channel]! - right[at + channel]!) > unseen;
    });
    if (isSeen) different += 1;
  }
  return different / (width * height);
}
