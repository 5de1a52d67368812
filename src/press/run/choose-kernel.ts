// Which kernel runs a notebook.
import type { Notebook } from '../notebook/nbformat.js';
import { findKernelSpec, type KernelSpec, ownKernel, stockTslab } from './kernel-spec.js';

/**
 * The kernel that was asked for, by name; else ours for TypeScript and JavaScript, and for any other language the one that
 * the notebook names. `tslab` means the stock kernel only where it was asked for: notebooks made in Jupyter name it, and ours
 * runs them with outputs and errors that are right.
 */
export async function chooseKernel(notebook: Notebook, asked?: string): Promise<KernelSpec> {
  if (asked === 'tslab') return stockTslab();
  if (asked === 'fathom') return ownKernel();
  if (asked !== undefined) return findKernelSpec(asked);
  const { kernelspec, language_info } = notebook.metadata;
  const language = kernelspec?.language ?? language_info?.name ?? 'typescript';
  if (/^(typescript|javascript)$/i.test(language)) return ownKernel();
  return findKernelSpec(kernelspec?.name ?? language);
}
