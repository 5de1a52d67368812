// How long one report takes inside a process that has started, as in a build of many chapters or a preview. Prints JSON.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNotebook } from '../../../src/press/notebook/read.js';
import { lendBrowser } from '../../../src/press/report/browser.js';
import { type Format, renderReport } from '../../../src/press/report/report.js';

const [file, rounds] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'fathom-bench-report-'));
const browser = lendBrowser();
const seconds: Record<Format, number[]> = { html: [], pdf: [] };
try {
  // The first of each loads what the others find loaded.
  for (let round = 0; round <= Number(rounds); round++) {
    for (const format of ['html', 'pdf'] as const) {
      const start = performance.now();
      await renderReport(await readNotebook(file!), {
        formats: [format],
        outDirectory: folder,
        name: 'report',
        lenient: true,
        browser,
      });
      if (round > 0) seconds[format].push((performance.now() - start) / 1000);
    }
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
console.log(JSON.stringify(seconds));
