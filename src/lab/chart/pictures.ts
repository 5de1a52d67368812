// Small multiples of pictures: feature maps by layer, filters, images that excite a unit. Each row is one picture (PNG inside
// the specification), so that a page of 200 maps stays a handful of marks.
import { encode } from 'fast-png';
import { colourMap, type Rgb } from './colour.js';
import { list } from './quantity.js';
import { type ChartSpec, chart, InvalidChartData, NonFiniteChartData } from './spec.js';
import { columnWidth, labelRoom } from './theme.js';

/** One small picture: `height × width` values (a map) or `height × width × 3` (colour, 0 to 1), row-major. */
export interface Tile {
  readonly values: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  /** 1 when left out. */
  readonly channels?: 1 | 3;
}

/** Tiles beside each other under one name. */
export interface TileRow {
  readonly name: string;
  readonly tiles: readonly Tile[];
}

export interface PictureOptions {
  /** What the rows are: `Layer`, `Unit`. */
  readonly rows: string;
  /** What the pictures show, as a noun phrase for the alternative text: `Feature maps of one shirt`. */
  readonly subject: string;
  /**
   * How one-channel values become colours. `sequential`: 0 to the largest value; `diverging`: symmetric about 0;
   * `grey`: 0 black to 1 white, for images. Left out: `diverging` where there are negative values, else `sequential`.
   */
  readonly colours?: 'sequential' | 'diverging' | 'grey';
  /** Whether each tile or each row has a scale of its own, or all share one; `row` when left out. `grey` needs none. */
  readonly scale?: 'tile' | 'row' | 'all';
  /** Tiles before a row goes on in a next line; as many as fit when left out. */
  readonly columns?: number;
  /** Pixels of a tile's longer side; as large as fits, at most 64, when left out. */
  readonly size?: number;
  readonly title?: string;
  readonly width?: number;
}

/** Pixels between tiles. */
const gap = 3;
const rowGap = 14;

/**
 * Rows of small pictures with their names on the left.
 *
 * @throws NonFiniteChartData for a value that is not finite; InvalidChartData for a tile whose values do not fit its size.
 */
export function pictureRows(rows: readonly TileRow[], options: PictureOptions): ChartSpec {
  const filled = rows.filter((row) => row.tiles.length > 0);
  if (filled.length === 0) throw new InvalidChartData('chart: there are no pictures to draw');
  for (const row of filled) for (const tile of row.tiles) checkTile(row.name, tile);
  const width = options.width ?? columnWidth - labelRoom(filled.map((row) => row.name));
  const most = Math.max(...filled.map((row) => row.tiles.length));
  const columns = Math.min(options.columns ?? Math.min(most, 16), most);
  const size = options.size ?? Math.min(64, Math.floor((width + gap) / columns) - gap);
  const negative = filled.some((row) => row.tiles.some((tile) => extent(tile)[0] < 0));
  const colours = options.colours ?? (negative ? 'diverging' : 'sequential');
  const scale = options.scale ?? 'row';
  const overall = largest(filled.flatMap((row) => row.tiles));
  let top = 0;
  const values = filled.map((row) => {
    const own = largest(row.tiles);
    const limit = (tile: Tile) =>
      colours === 'grey' ? 1 : scale === 'all' ? overall : scale === 'row' ? own : largest([tile]);
    const strip = montage(row.tiles, columns, size, colours, limit);
    const place = { top, middle: top + strip.height / 2 };
    top += strip.height + rowGap;
    return { name: row.name, ...place, width: strip.width, height: strip.height, url: strip.url };
  });
  const total = top - rowGap;
  const span = columns * (size + gap) - gap;
  const y = { type: 'quantitative', scale: { domain: [total, 0], nice: false, zero: false } };
  const x = {
    type: 'quantitative',
    scale: { domain: [0, span], nice: false, zero: false },
    axis: null,
  };
  const words = filled.map((row) => `${row.name} (${row.tiles.length})`);
  const told = words.length <= 8 ? list(words) : `${list(words.slice(0, 3))} … ${words.at(-1)}`;
  return chart(
    `${options.subject}: ${filled.length} ${filled.length === 1 ? 'row' : 'rows'} of small pictures ` +
      `by ${options.rows.toLowerCase()}: ${told}. ${meaning(colours, scale, overall)}`,
    {
      ...(options.title === undefined ? {} : { title: options.title }),
      width: span,
      height: total,
      // The picture's pixels are in the url; the names and places are what a reader of the data needs.
      data: { values },
      // A picture is drawn at its own size: one mark a row, since the size of an image mark is not a channel of data.
      layer: [
        ...values.map((row, index) => ({
          transform: [
            { filter: `datum.name === ${JSON.stringify(row.name)} && datum.top === ${row.top}` },
          ],
          mark: {
            type: 'image',
            style: 'picture',
            width: row.width,
            height: row.height,
            align: 'left',
            baseline: 'top',
            aspect: false,
            smooth: false,
          },
          encoding: {
            x: { ...x, datum: 0 },
            y: { ...y, field: 'top', title: null, axis: null },
            url: { field: 'url', type: 'nominal' },
            description: { value: words[index] },
          },
        })),
        {
          mark: { type: 'text', style: 'rowLabel' },
          encoding: {
            x: { ...x, datum: 0 },
            y: { ...y, field: 'middle', title: null, axis: null },
            text: { field: 'name' },
          },
        },
      ],
    },
  );
}

function meaning(colours: string, scale: string, overall: number): string {
  const own = { tile: 'each picture', row: 'each row', all: 'all pictures together' }[scale];
  if (colours === 'grey') return 'Black is 0, white is 1.';
  if (colours === 'diverging') {
    return `Blue is positive, rust is negative, white is zero; the scale is that of ${own} (at most ${overall.toPrecision(3)}).`;
  }
  return `Dark blue is zero, pale yellow the largest value of ${own} (at most ${overall.toPrecision(3)}).`;
}

function checkTile(name: string, { values, height, width, channels = 1 }: Tile): void {
  if (values.length !== height * width * channels) {
    throw new InvalidChartData(
      `chart: a picture of "${name}" has ${values.length} values, not ${height} × ${width} × ${channels}`,
    );
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw new NonFiniteChartData(`picture of ${name}`, values[i], { index: i });
  }
}

function extent(tile: Tile): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  if ((tile.channels ?? 1) === 3) return [0, 1];
  for (let i = 0; i < tile.values.length; i++) {
    low = Math.min(low, tile.values[i]!);
    high = Math.max(high, tile.values[i]!);
  }
  return [low, high];
}

/** Largest absolute value of one-channel tiles. */
function largest(tiles: readonly Tile[]): number {
  return Math.max(0, ...tiles.map((tile) => Math.max(...extent(tile).map(Math.abs))));
}

/** Tiles in lines of `columns`, each enlarged by whole pixels, on a transparent ground; as a PNG data URL. */
function montage(
  tiles: readonly Tile[],
  columns: number,
  size: number,
  colours: 'sequential' | 'diverging' | 'grey',
  limit: (tile: Tile) => number,
): { url: string; width: number; height: number } {
  // Twice the pixels of the page: sharp on dense screens and in print.
  const density = 2;
  const lines = Math.ceil(tiles.length / columns);
  const across = Math.min(columns, tiles.length);
  const tallest = Math.max(...tiles.map((tile) => tile.height / Math.max(tile.height, tile.width)));
  const lineHeight = Math.round(size * tallest);
  const width = across * (size + gap) - gap;
  const height = lines * (lineHeight + gap) - gap;
  const data = new Uint8Array(width * density * height * density * 4);
  const palette = colourMap(colours);
  for (const [index, tile] of tiles.entries()) {
    const left = (index % columns) * (size + gap) * density;
    const top = Math.floor(index / columns) * (lineHeight + gap) * density;
    const longest = Math.max(tile.height, tile.width);
    const [tileWidth, tileHeight] = [
      Math.round((size * density * tile.width) / longest),
      Math.round((size * density * tile.height) / longest),
    ];
    const bound = limit(tile);
    for (let y = 0; y < tileHeight; y++) {
      const row = Math.floor((y * tile.height) / tileHeight);
      for (let x = 0; x < tileWidth; x++) {
        const column = Math.floor((x * tile.width) / tileWidth);
        const [r, g, b] = colourOf(tile, row * tile.width + column, palette, colours, bound);
        const at = ((top + y) * width * density + left + x) * 4;
        data[at] = r;
        data[at + 1] = g;
        data[at + 2] = b;
        data[at + 3] = 255;
      }
    }
  }
  const png = encode({
    width: width * density,
    height: height * density,
    data,
    channels: 4,
    depth: 8,
  });
  return { url: `data:image/png;base64,${Buffer.from(png).toString('base64')}`, width, height };
}

function colourOf(
  tile: Tile,
  pixel: number,
  palette: readonly Rgb[],
  colours: 'sequential' | 'diverging' | 'grey',
  bound: number,
): Rgb {
  if (tile.channels === 3) {
    const channel = (index: number) =>
      Math.round(255 * Math.min(Math.max(tile.values[pixel * 3 + index]!, 0), 1));
    return [channel(0), channel(1), channel(2)];
  }
  const value = bound === 0 ? 0 : tile.values[pixel]! / bound;
  const share = colours === 'diverging' ? (value + 1) / 2 : value;
  return palette[Math.round(255 * Math.min(Math.max(share, 0), 1))]!;
}
