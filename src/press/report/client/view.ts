// A chart as the page holds it, and the part of Vega's view that is used.

export interface ChartData {
  readonly vega: Record<string, unknown>;
  readonly source: Record<string, unknown>;
  readonly library: string;
  readonly table: {
    readonly data: string;
    readonly columns: { field: string; title: string }[];
  } | null;
}

export interface View {
  runAsync(): Promise<View>;
  finalize(): void;
  toSVG(scale?: number): Promise<string>;
  toImageURL(type: string, scale?: number): Promise<string>;
  background(colour: string | null): View;
  width(pixels: number): View;
  data(name: string): Record<string, unknown>[];
}
