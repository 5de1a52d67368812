// The plain net of He et al. 2016: the residual net's stack of convolutions without its shortcuts.
import type { Family } from './family.js';
import { stagedPlan, writeConvolution } from './stages.js';

export const plain: Family = {
  name: 'plain',
  title: 'plain',
  description: '3×3 convolutions in three stages, each followed by a ReLU; no shortcuts.',
  reference: 'he2016deep',
  plan: (spec) =>
    stagedPlan(spec, true, (draft, stage) => {
      for (let i = 1; i <= stage.convolutions; i++) {
        const name = `stage${stage.number}_conv${i}`;
        writeConvolution(draft, name, spec, stage.channels, i === 1 ? stage.stride : 1, 'relu');
      }
    }),
};
