// The notebooks that every contender renders: executed, and the same bytes each time.
import type { Notebook } from '../../../src/press/notebook/nbformat.js';
import {
  executed,
  printingCell,
  proseCell,
  tenCharts,
} from '../../../test/press/report/ten-charts.js';

/** By name: a chapter as the book has them, and a long one of text alone. */
export const notebooks: Readonly<Record<string, Notebook>> = {
  'chapter of 30 cells with 10 charts of the book': tenCharts(),
  '300 cells without charts': executed(
    Array.from({ length: 150 }, (_, index) => [proseCell(index), printingCell(index)]).flat(),
  ),
};
