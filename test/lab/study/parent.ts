// A process that runs a study and says how far it is, a JSON line at a time: for tests that kill it.
import { runStudy } from '../../../src/lab/study/run-study.js';
import type { Study } from '../../../src/lab/study/study.js';

const { study, store, cache } = JSON.parse(process.argv[2]!) as {
  study: Study;
  store: string;
  cache: string;
};
await runStudy(study, {
  store,
  recorded: null,
  workers: 2,
  data: { cache },
  onProgress: ({ done, running }) =>
    process.stdout.write(`${JSON.stringify({ done, steps: running.map((cell) => cell.step) })}\n`),
});
