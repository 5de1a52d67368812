/** The pinned Node and the environment of the processes that it runs, from the script that starts this program. */
export interface KernelEnvironment {
  node: string;
  env: Record<string, string>;
}

export async function kernelEnvironment(): Promise<KernelEnvironment> {
  const script = new URL('../../../scripts/runtime.mjs', import.meta.url).href;
  const { pinnedNode, runtimeEnvironment } = (await import(script)) as {
    pinnedNode(): string;
    runtimeEnvironment(env: NodeJS.ProcessEnv): Record<string, string>;
  };
  // All settings, not only those that this shell lacks: Jupyter may start the kernel from another one.
  return { node: pinnedNode(), env: runtimeEnvironment({}) };
}
