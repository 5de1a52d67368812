/** Entry point of the kernel process: `main.js <connection file>`. Jupyter starts it in the notebook's folder. */
import { enableCompileCache } from 'node:module';

enableCompileCache?.();

async function main(): Promise<void> {
  const path = process.argv[2];
  if (path === undefined) {
    process.stderr.write(
      'usage: main.js <connection file>\nA Jupyter client starts this program; see "fathom kernel install".\n',
    );
    process.exitCode = 2;
    return;
  }
  const [{ readConnectionFile }, { startKernel }] = await Promise.all([
    import('./connection.js'),
    import('./kernel.js'),
  ]);
  const kernel = await startKernel({ connection: readConnectionFile(path), folder: process.cwd() });
  process.on('SIGINT', () => kernel.interrupt());
  process.on('SIGTERM', () => kernel.shutdown());
  process.on('SIGHUP', () => kernel.shutdown());
  // A kernel whose server has died would run for ever: nobody could reach it.
  if (process.env.JPY_PARENT_PID) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) kernel.shutdown();
    }, 2000).unref();
  }
  await kernel.closed;
  process.exit(0);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `fathom kernel: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
