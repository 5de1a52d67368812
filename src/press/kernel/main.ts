/** Entry point of the kernel process: `main.js <connection file>`. Jupyter starts it in the notebook's folder. */
import { keepCompiled } from '../../shared/compile-cache.js';

keepCompiled();

async function main(): Promise<void> {
  const path = process.argv[2];
  if (path === undefined) {
    process.stderr.write(
      'usage: main.js <connection file>\nA Jupyter client starts this program; "npm run fathom -- kernel install" tells it how.\n',
    );
    process.exitCode = 2;
    return;
  }
  // Taken down at once: a parent that dies while the kernel starts is missed too.
  const parent = process.ppid;
  const server = Number(process.env.JPY_PARENT_PID);
  const served = server > 1 && isAlive(server);
  const [{ readConnectionFile }, { startKernel }, { fileHistory, memoryHistory }, { settings }] =
    await Promise.all([
      import('./connection.js'),
      import('./kernel.js'),
      import('./history.js'),
      import('./settings.js'),
    ]);
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const { historyFile, moduleFolder, outputPatienceMs } = settings(process.env);
  const kernel = await startKernel({
    connection: readConnectionFile(path),
    folder: process.cwd(),
    moduleFolder: moduleFolder ?? process.cwd(),
    history: historyFile === undefined ? memoryHistory() : fileHistory(historyFile, log),
    log,
    ...(outputPatienceMs !== undefined && { outputPatienceMs }),
  });
  process.on('SIGINT', () => kernel.interrupt());
  process.on('SIGTERM', () => kernel.shutdown());
  process.on('SIGHUP', () => kernel.shutdown());
  // A fault of the kernel itself: what else it does goes on, and the log of the server says what was wrong.
  const fault = (error: unknown) =>
    log(`fathom kernel: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('uncaughtException', fault);
  process.on('unhandledRejection', fault);
  // ZeroMQ.js warns of every option that is set on a bound socket, also of the one that is there to be switched.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (!warning.message.startsWith('Socket option will not take effect'))
      log(`fathom kernel: ${warning.name}: ${warning.message}`);
  });
  // A kernel whose server has died would run for ever: nobody could reach it.
  if (server > 1)
    setInterval(() => {
      if (process.ppid !== parent || (served && !isAlive(server))) kernel.shutdown();
    }, 1000).unref();
  await kernel.closed;
  process.exit(0);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `fathom kernel: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
