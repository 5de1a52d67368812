// The control without nonlinearity: the plain net's stack with every ReLU left out. Batch normalisation stays, as at
// inference it is affine; the whole net then is one affine function of the image, whatever its depth.
import type { Family } from './family.js';
import { stagedPlan, writeConvolution } from './stages.js';

export const linear: Family = {
  name: 'linear',
  title: 'linear',
  description: 'The plain stack without nonlinearities: one affine function at any depth.',
  reference: 'he2016deep',
  plan: (spec) =>
    stagedPlan(spec, false, (draft, stage) => {
      for (let i = 1; i <= stage.convolutions; i++) {
        const name = `stage${stage.number}_conv${i}`;
        writeConvolution(draft, name, spec, stage.channels, i === 1 ? stage.stride : 1, 'nothing');
      }
    }),
};
