/** What other parts use of the kernel: how to start it, and `show` for notebooks. */
export {
  installKernelSpec,
  type KernelSpec,
  type KernelSpecOptions,
  kernelSpec,
  listKernelSpecs,
  removeKernelSpec,
} from './kernelspec.js';
export {
  type Column,
  type Displayable,
  html,
  markdown,
  type Shown,
  type ShowOptions,
  show,
  svg,
  type TableOptions,
  table,
} from './show.js';
