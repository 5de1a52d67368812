// The residual net of He et al. 2016, CIFAR style: blocks of two convolutions around an identity shortcut, ReLU after the
// sum; where the shape changes, shortcut option A (every second pixel, channels padded with zeros, no parameters).
import type { Family } from './family.js';
import { BEFORE_RELU, convolutionsByStage, stagedPlan, writeConvolution } from './stages.js';

export const residual: Family = {
  name: 'residual',
  title: 'residual',
  description: 'The plain stack with an identity shortcut around each block of two convolutions.',
  reference: 'he2016deep',
  plan(spec) {
    const blocks = convolutionsByStage(spec.depth)
      .flatMap(blockSizes)
      .filter((size) => size > 1);
    // Without normalisation each block would double the variance of its input. Sharing one doubling between all blocks
    // keeps the sum bounded by e at any depth (H. Zhang et al., "Fixup initialization", ICLR 2019, section 2).
    const lastGain = spec.batchNorm ? BEFORE_RELU : BEFORE_RELU / Math.max(1, blocks.length);
    return stagedPlan(spec, true, (draft, stage) => {
      const { number, channels } = stage;
      for (const [index, size] of blockSizes(stage.convolutions).entries()) {
        const block = `stage${number}_block${index + 1}`;
        const stride = index === 0 ? stage.stride : 1;
        const changesShape = index === 0 && stage.before !== channels;
        const input = draft.last;
        for (let i = 1; i < size; i++) {
          writeConvolution(
            draft,
            `${block}_conv${i}`,
            spec,
            channels,
            i === 1 ? stride : 1,
            'relu',
          );
        }
        if (size === 1) {
          writeConvolution(draft, `${block}_conv1`, spec, channels, stride, 'relu');
          continue;
        }
        writeConvolution(draft, `${block}_conv${size}`, spec, channels, 1, 'add', lastGain);
        const branch = draft.last;
        let shortcut = input;
        if (changesShape) {
          shortcut = `${block}_shortcut`;
          draft.add(shortcut, { op: 'shortcut', stride, filters: channels }, [input]);
        }
        draft.add(`${block}_add`, { op: 'add' }, [branch, shortcut]);
        draft.add(`${block}_relu`, { op: 'relu' });
      }
    });
  },
};

/**
 * Convolutions of each block of a stage: twos, and at an odd number a last block of three (the paper allows two, three or
 * more). A stage's only convolution stands alone without a shortcut, since around a single layer a shortcut adds nothing
 * but a linear term, for which the paper saw no advantage.
 */
export function blockSizes(convolutions: number): readonly number[] {
  if (convolutions < 4) return convolutions === 0 ? [] : [convolutions];
  return [2, ...blockSizes(convolutions - 2)];
}
