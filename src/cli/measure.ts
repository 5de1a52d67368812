// `fathom measure`: the measures on a net that Fathom did not train.
import type { Command } from 'commander';

export interface MeasureCommandOptions {
  data: string;
  labels?: string;
  training?: string;
  trainingLabels?: string;
  images: string;
  measures?: string;
  option: string[];
  seed: string;
  json?: string;
  report?: string;
}

export function register(program: Command): void {
  program
    .command('measure')
    .summary('measure a tfjs model of your own')
    .description(
      'Reads the measures on any tfjs Layers model, and on graph models those that need only outputs. Says which do not apply, ' +
        'and why. Images must be as the model expects them.',
    )
    .argument('<model>', 'model.json, or the folder that holds it')
    .requiredOption(
      '--data <where>',
      'held-out images: a dataset by name, a folder with images.npy and labels.npy, a .npy file, or a folder of class folders of PNG files',
    )
    .option('--labels <file>', 'labels as a .npy file (default: labels.npy beside the images)')
    .option(
      '--training <where>',
      'the images that the net was trained on, for measures that need them',
    )
    .option('--training-labels <file>', 'their labels')
    .option('--images <number>', 'most images of a dataset by name', '1000')
    .option('--measures <names>', 'names with commas between them (default: all that apply)')
    .option(
      '-O, --option <measure.option=value>',
      'an option of a measure, as often as needed',
      collect,
      [],
    )
    .option('--seed <number>', 'seed for what is sampled', '0')
    .option('--json <file>', 'write the readings as JSON')
    .option('--report <folder>', 'write a report with charts: HTML and PDF')
    .action(async (model: string, options: MeasureCommandOptions) => {
      const { measureModel } = await import('./measure-model.js');
      process.exitCode = await measureModel(model, options);
    });
}

function collect(value: string, list: string[]): string[] {
  return [...list, value];
}
