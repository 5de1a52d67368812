// Builds the chapter into the folder that it is given: run by the tests in processes with another environment.
import { renderReport } from '../../../src/press/report/report.js';
import { chapter } from './chapter.js';

const folder = process.argv[2]!;
renderReport(chapter(), {
  formats: ['html', 'pdf'],
  outDirectory: folder,
  name: 'chapter',
  directory: folder,
}).then(
  () => undefined,
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
