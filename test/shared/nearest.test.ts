// What counts as a slip of the hand.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hint, nearest } from '../../src/shared/nearest.js';

const cases: [given: string, names: string[], meant: string | undefined][] = [
  ['depth', ['width', 'depths'], 'depths'],
  ['Residual', ['plain', 'residual'], 'residual'],
  ['fashionmnist', ['mnist', 'fashion-mnist'], 'fashion-mnist'],
  ['participaton', ['participation-ratio', 'loss'], 'participation-ratio'],
  ['epcohs', ['epochs', 'steps'], 'epochs'],
  ['docx', ['html', 'pdf', 'ipynb'], undefined],
  ['x', ['y'], undefined],
  ['ab', ['cd', 'ef'], undefined],
  ['anything', [], undefined],
];

describe('the nearest name', () => {
  for (const [given, names, meant] of cases) {
    it(`of ${given} among ${names.join(', ') || 'none'} is ${meant ?? 'none'}`, () => {
      assert.equal(nearest(given, names), meant);
    });
  }

  it('is told with what there is', () => {
    assert.equal(
      hint('depth', ['depths', 'seed']),
      'Did you mean "depths"? There are: depths, seed.',
    );
    assert.equal(hint('q', ['depths'], 'It has'), 'It has: depths.');
    assert.equal(hint('q', []), '');
  });
});
