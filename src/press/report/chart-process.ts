// The process that draws charts: a request in, a drawing or an error out. Ends when its parent lets go of it.
import { type ChartRequest, drawChart } from './chart.js';
import type { ChartAnswer } from './drawing.js';
import { loadVega } from './vega-bundle.js';

// While the notebook is still being read.
loadVega();

process.on('message', (request: ChartRequest) => {
  drawChart(request).then(
    // Through JSON, so that nothing but plain data (no functions, no dates) leaves.
    (drawing) => answer({ drawing: JSON.parse(JSON.stringify(drawing)) as typeof drawing }),
    (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
  );
});

function answer(message: ChartAnswer): void {
  process.send?.(message);
}
