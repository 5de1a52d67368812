// A Plotly figure → a Vega-Lite chart of the same numbers. Plotly draws with a script of 4 MB that needs `eval`-free trust
// which a report does not give to strangers; most of its figures are lines, points, bars, histograms, boxes, heat maps or
// shares, which need no script. What they look like is the report's own way. Other kinds are said, not drawn.
// Figures: the JSON of plotly.js (https://plotly.com/javascript/reference/); typed arrays as plotly.py 6 writes them.

export type PlotlyChart =
  | { readonly specification: Record<string, unknown> }
  /** What kept it from being drawn, in words for a reader. */
  | { readonly problem: string };

type Json = Record<string, unknown>;
type Row = Record<string, unknown>;

const maximumRows = 20_000;
const maximumTraces = 200;

export function plotlyChart(figure: { data?: unknown; layout?: unknown }): PlotlyChart {
  const layout = asObject(figure.layout);
  const traces = (Array.isArray(figure.data) ? figure.data : []).map(asObject);
  const title = textOf(layout.title);
  const name = title ? `The Plotly figure “${title}”` : 'A Plotly figure';
  if (traces.length === 0) return { problem: `${name} has no data.` };
  if (traces.length > maximumTraces)
    return { problem: `${name} has ${traces.length} traces, too many to draw.` };
  const panels = new Map<string, Json[]>();
  for (const trace of traces) {
    const place = `${trace.xaxis ?? 'x'} ${trace.yaxis ?? 'y'}`;
    panels.set(place, [...(panels.get(place) ?? []), trace]);
  }
  const made = [...panels].map(([place, group]) => panel(group, layout, place, panels.size === 1));
  const problem = made.find((each) => typeof each === 'string');
  if (typeof problem === 'string') {
    return {
      problem: `${name} ${problem}. Plotly draws it with a script, which a report does not run.`,
    };
  }
  const charts = made as Json[];
  const body = charts.length === 1 ? charts[0]! : { columns: 2, concat: charts };
  return {
    specification: {
      $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
      ...(title ? { title } : {}),
      description: describe(title, traces),
      ...body,
    },
  };
}

function describe(title: string | null, traces: readonly Json[]): string {
  const kinds = [...new Set(traces.map((trace) => String(trace.type ?? 'scatter')))].join(', ');
  const names = traces.map((trace) => textOf(trace.name)).filter((each) => each !== null);
  const what = `A chart (${kinds})${names.length > 0 ? ` of ${names.slice(0, 8).join(', ')}` : ''}`;
  return title ? `${title}. ${what}` : what;
}

/** One pair of axes, or in words why it cannot be drawn. */
function panel(
  traces: readonly Json[],
  layout: Json,
  place: string,
  isAlone: boolean,
): Json | string {
  const kinds = new Set(traces.map(kindOf));
  if (kinds.has('other')) {
    const { type } = traces.find((trace) => kindOf(trace) === 'other')!;
    return `is of the kind “${String(type).slice(0, 40)}”, which has no plain form here`;
  }
  if (kinds.size > 1 && (kinds.has('pie') || kinds.has('heatmap'))) return 'mixes kinds of chart';
  const [x, y] = place
    .split(' ')
    .map((axis) => asObject(layout[axis.replace(/^([xy])/, '$1axis')]));
  const axes = { x: x!, y: y! };
  const layers: Json[] = [];
  let rows = 0;
  for (const [kind, draw] of Object.entries(drawers)) {
    const own = traces.filter((trace) => kindOf(trace) === kind);
    if (own.length === 0) continue;
    const drawn = draw(own, axes, layout);
    rows += drawn.rows.length;
    if (rows > maximumRows) return `has more than ${maximumRows.toLocaleString('en')} points`;
    if (drawn.rows.length === 0) continue;
    layers.push(...drawn.layers.map((layer) => ({ data: { values: drawn.rows }, ...layer })));
  }
  if (layers.length === 0) return 'has no points';
  const size = { width: isAlone ? 440 : 240, height: isAlone ? 280 : 180 };
  return { ...size, ...(layers.length === 1 ? layers[0]! : { layer: layers }) };
}

type Kind = keyof typeof drawers | 'other';

function kindOf(trace: Json): Kind {
  const type = String(trace.type ?? 'scatter');
  if (type === 'scattergl') return 'scatter';
  if (type === 'violin') return 'box';
  return Object.hasOwn(drawers, type) ? (type as Kind) : 'other';
}

interface Drawn {
  readonly rows: Row[];
  readonly layers: Json[];
}

type Draw = (traces: readonly Json[], axes: { x: Json; y: Json }, layout: Json) => Drawn;

const colour = (traces: readonly Json[]) =>
  traces.length > 1
    ? { color: { field: 'series', type: 'nominal', sort: null, legend: { title: null } } }
    : {};

const drawers = {
  scatter: ((traces, axes) => {
    const rows = traces.flatMap((trace, index) => {
      const [x, y] = [list(trace.x), list(trace.y)];
      const mode = String(trace.mode ?? ((x ?? y ?? []).length > 20 ? 'lines' : 'lines+markers'));
      const fills = typeof trace.fill === 'string' && trace.fill !== 'none';
      const count = x && y ? Math.min(x.length, y.length) : (x ?? y ?? []).length;
      return Array.from({ length: count }, (_, i) => ({
        x: x ? x[i] : i,
        y: y ? y[i] : i,
        series: seriesName(trace, index),
        order: i,
        line: mode.includes('lines'),
        point: mode.includes('markers') || !mode.includes('lines'),
        fills,
      }));
    });
    const position = {
      x: scaled(axes.x, typeOf(rows.map((row) => row.x)), 'x'),
      y: scaled(axes.y, typeOf(rows.map((row) => row.y)), 'y'),
    };
    const encoding = { ...position, ...colour(traces) };
    const only = (test: string) => [{ filter: `datum.${test}` }];
    const layers: Json[] = [];
    if (rows.some((row) => row.fills)) {
      layers.push({ transform: only('fills'), mark: { type: 'area', opacity: 0.3 }, encoding });
    }
    if (rows.some((row) => row.line)) {
      layers.push({
        transform: only('line'),
        mark: { type: 'line' },
        encoding: { ...encoding, detail: { field: 'series' }, order: { field: 'order' } },
      });
    }
    if (rows.some((row) => row.point)) {
      layers.push({
        transform: only('point'),
        mark: { type: 'point', filled: true, tooltip: true },
        encoding,
      });
    }
    return { rows, layers };
  }) as Draw,

  bar: ((traces, axes, layout) => {
    const flat = traces[0]!.orientation === 'h';
    const [along, across] = flat ? (['y', 'x'] as const) : (['x', 'y'] as const);
    const rows = traces.flatMap((trace, index) => {
      const values = list(trace[across]) ?? [];
      const places = list(trace[along]) ?? values.map((_, i) => i);
      return values.slice(0, places.length).map((value, i) => ({
        [along]: places[i],
        [across]: value,
        series: seriesName(trace, index),
      }));
    });
    const stacked = layout.barmode === 'stack' || layout.barmode === 'relative';
    const few = new Set(rows.map((row) => row[along])).size <= 60;
    const type = typeOf(rows.map((row) => row[along]));
    const encoding = {
      [along]: scaled(axes[along], few && type !== 'temporal' ? 'ordinal' : type, along),
      [across]: {
        ...scaled(axes[across], 'quantitative', across, true),
        stack: stacked ? 'zero' : null,
      },
      ...(!stacked && traces.length > 1 && few
        ? { [`${along}Offset`]: { field: 'series', sort: null } }
        : {}),
      ...colour(traces),
    };
    return { rows, layers: [{ mark: { type: 'bar', tooltip: true }, encoding }] };
  }) as Draw,

  histogram: ((traces, axes) => {
    const flat = list(traces[0]!.x) === null;
    const [along, across] = flat ? (['y', 'x'] as const) : (['x', 'y'] as const);
    const rows = traces.flatMap((trace, index) =>
      (list(trace[along]) ?? []).map((value) => ({
        [along]: value,
        series: seriesName(trace, index),
      })),
    );
    const numeric = typeOf(rows.map((row) => row[along])) === 'quantitative';
    const encoding = {
      [along]: {
        ...scaled(axes[along], numeric ? 'quantitative' : 'nominal', along),
        ...(numeric ? { bin: { maxbins: 30 } } : {}),
      },
      [across]: { aggregate: 'count', title: axisTitle(axes[across]) ?? 'count', stack: null },
      ...colour(traces),
    };
    const opacity = traces.length > 1 ? 0.6 : 1;
    return { rows, layers: [{ mark: { type: 'bar', opacity, tooltip: true }, encoding }] };
  }) as Draw,

  box: ((traces, axes) => {
    const flat = list(traces[0]!.y) === null;
    const [across, along] = flat ? (['x', 'y'] as const) : (['y', 'x'] as const);
    const rows = traces.flatMap((trace, index) => {
      const places = list(trace[along]);
      return (list(trace[across]) ?? []).map((value, i) => ({
        [across]: value,
        [along]: places ? places[i] : seriesName(trace, index),
        series: seriesName(trace, index),
      }));
    });
    const encoding = {
      [along]: scaled(axes[along], 'nominal', along),
      [across]: scaled(axes[across], 'quantitative', across),
      ...colour(traces),
    };
    return { rows, layers: [{ mark: 'boxplot', encoding }] };
  }) as Draw,

  heatmap: ((traces, axes) => {
    const [trace] = traces as [Json];
    const z = grid(trace.z);
    const [xs, ys] = [list(trace.x), list(trace.y)];
    const rows = z.flatMap((line, j) =>
      line.map((value, i) => ({ x: xs ? xs[i] : i, y: ys ? ys[j] : j, value })),
    );
    const encoding = {
      x: scaled(axes.x, 'ordinal', 'x'),
      y: {
        ...scaled(axes.y, 'ordinal', 'y'),
        ...(axes.y.autorange === 'reversed' ? {} : { sort: 'descending' }),
      },
      color: {
        field: 'value',
        type: 'quantitative',
        title: textOf(asObject(trace.colorbar).title),
      },
    };
    return { rows, layers: [{ mark: { type: 'rect', tooltip: true }, encoding }] };
  }) as Draw,

  pie: ((traces) => {
    const [trace] = traces as [Json];
    const values = list(trace.values) ?? [];
    const labels = list(trace.labels) ?? values.map((_, i) => i + 1);
    const rows = values.map((value, i) => ({ value, label: String(labels[i]) }));
    const hole = typeof trace.hole === 'number' ? Math.max(0, Math.min(0.9, trace.hole)) : 0;
    const encoding = {
      theta: { field: 'value', type: 'quantitative', stack: true },
      color: { field: 'label', type: 'nominal', sort: null, legend: { title: null } },
    };
    return {
      rows,
      layers: [{ mark: { type: 'arc', innerRadius: hole * 110, tooltip: true }, encoding }],
    };
  }) as Draw,
};

function seriesName(trace: Json, index: number): string {
  return textOf(trace.name) ?? `trace ${index}`;
}

function scaled(axis: Json, type: string, field: string, zero = false): Json {
  const logarithmic = axis.type === 'log' && type === 'quantitative';
  return {
    field,
    type: axis.type === 'date' ? 'temporal' : type,
    title: axisTitle(axis),
    ...(type === 'ordinal' || type === 'nominal'
      ? { sort: null, axis: { labelAngle: 0, labelOverlap: true } }
      : {}),
    ...(type === 'quantitative' ? { scale: logarithmic ? { type: 'log' } : { zero: zero } } : {}),
  };
}

function axisTitle(axis: Json): string | null {
  return textOf(axis.title);
}

function typeOf(values: readonly unknown[]): 'quantitative' | 'temporal' | 'nominal' {
  const present = values.filter((value) => value !== null && value !== undefined);
  if (present.every((value) => typeof value === 'number')) return 'quantitative';
  const isDate = (value: unknown) =>
    typeof value === 'string' && /^\d{4}-\d\d(?:-\d\d|$)/.test(value);
  return present.every(isDate) ? 'temporal' : 'nominal';
}

/** Text of a title, which may stand in an object, and has HTML in it. */
function textOf(value: unknown): string | null {
  const text = typeof value === 'string' ? value : asObject(value).text;
  if (typeof text !== 'string') return null;
  const plain = text
    .slice(0, 500)
    .replace(/<br\s*\/?>/gi, ' ')
    .replace(/<[^<>]*>/g, '')
    .trim();
  return plain === '' ? null : plain;
}

const arrays = {
  f8: Float64Array,
  f4: Float32Array,
  i1: Int8Array,
  u1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
};

/** Numbers and names of a list, which may be written as bytes: `{ dtype, bdata }`. */
function list(value: unknown): (string | number | boolean | null)[] | null {
  if (Array.isArray(value)) {
    return value.map((item) => (typeof item === 'object' ? null : item)) as (string | number)[];
  }
  const { dtype, bdata } = asObject(value);
  if (typeof bdata !== 'string' || typeof dtype !== 'string') return null;
  const Type = Object.hasOwn(arrays, dtype) ? arrays[dtype as keyof typeof arrays] : null;
  if (!Type) return null;
  const bytes = Buffer.from(bdata, 'base64');
  const whole = bytes.length - (bytes.length % Type.BYTES_PER_ELEMENT);
  const copy = Uint8Array.from(bytes.subarray(0, whole));
  return Array.from(new Type(copy.buffer), (number) => (Number.isFinite(number) ? number : null));
}

function grid(value: unknown): (string | number | boolean | null)[][] {
  if (Array.isArray(value)) return value.map((line) => list(line) ?? []);
  const flat = list(value);
  const width = Number(/,\s*(\d+)$/.exec(String(asObject(value).shape))?.[1] ?? 0);
  if (!flat || !(width > 0)) return [];
  return Array.from({ length: Math.ceil(flat.length / width) }, (_, i) =>
    flat.slice(i * width, (i + 1) * width),
  );
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}
