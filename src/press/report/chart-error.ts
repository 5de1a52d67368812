// What is wrong with a chart, in words for its author.

export class ChartError extends Error {
  override readonly name = 'ChartError';
}
