import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dataset } from '../../../src/lab/data/dataset.js';
import { random } from '../../../src/lab/tensor/index.js';
import { emptyBatch, fillBatch } from '../../../src/lab/train/batches.js';

const [height, width, channels] = [4, 5, 2];
const size = height * width * channels;
/** Two images whose values say where they come from; never 0, which the padding is. */
const dataset: Dataset = {
  name: 'numbered',
  images: Float32Array.from({ length: 2 * size }, (_, i) => i + 1),
  labels: Int32Array.of(7, 3),
  shape: [2, height, width, channels],
  classes: [],
  digest: '',
};

/** The image moved and mirrored, a pixel at a time. */
function moved(image: number, down: number, right: number, mirrored: boolean): number[] {
  const values: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const [row, column] = [y - down, x - right];
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        const from = mirrored ? width - 1 - column : column;
        values.push(inside ? image * size + (row * width + from) * channels + c + 1 : 0);
      }
    }
  }
  return values;
}

function fill(crop: number, flip: boolean, seed: number): { images: number[]; labels: number[] } {
  const batch = emptyBatch(dataset, 2);
  // What an earlier batch left there must not show through.
  batch.images.fill(-1);
  fillBatch(batch, dataset, [1, 0], { crop, flip }, random(seed));
  return { images: [...batch.images], labels: [...batch.labels] };
}

describe('a batch', () => {
  it('holds the images and labels asked for, in order', () => {
    const { images, labels } = fill(0, false, 1);
    assert.deepEqual(labels, [3, 7]);
    assert.deepEqual(images, [...moved(1, 0, 0, false), ...moved(0, 0, 0, false)]);
  });

  for (const [crop, flip] of [
    [1, false],
    [0, true],
    [2, true],
    [5, true],
  ] as const) {
    it(`is cropped by ${crop} and ${flip ? '' : 'not '}flipped, every way and no other`, () => {
      const ways = new Map<string, number>();
      let drawn = 0;
      for (let down = -crop; down <= crop; down++) {
        for (let right = -crop; right <= crop; right++) {
          for (const mirrored of flip ? [false, true] : [false]) {
            ways.set(moved(1, down, right, mirrored).join(), 0);
            drawn += 60;
          }
        }
      }
      for (let seed = 0; seed < drawn; seed++) {
        const image = fill(crop, flip, seed).images.slice(0, size).join();
        assert.ok(ways.has(image), `seed ${seed} gives an image that no crop or flip gives`);
        ways.set(image, ways.get(image)! + 1);
      }
      // At least 60 expected of each: one in ten million is seen fewer than 20 times.
      for (const count of ways.values()) assert.ok(count >= 20, String(count));
    });
  }

  it('is the same for the same seed', () => {
    assert.deepEqual(fill(2, true, 5), fill(2, true, 5));
  });
});
