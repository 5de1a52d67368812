// A program that runs code on a kernel until it is killed. Its argument: `{spec, code}` as JSON.
import { tmpdir } from 'node:os';
import { startKernel } from '../../../src/press/run/client.js';
import type { KernelSpec } from '../../../src/press/run/kernel-spec.js';

const { spec, code } = JSON.parse(process.argv[2]!) as { spec: KernelSpec; code: string };
const kernel = await startKernel(spec, { cwd: tmpdir() });
await kernel.execute(code);
