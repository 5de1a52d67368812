// Ends process groups when this process is gone, however it went: after SIGKILL or a crash it cannot do so itself, and
// kernels that do not look after their parent (stock tslab, most others) would run for ever, some in a busy loop.
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads `start <group>` and `end <group>`, one a line, and kills the groups that have not ended when its input does: the
 * system closes the other end of a pipe with the process that held it. A shell, because it is everywhere, starts in a
 * millisecond and needs a megabyte.
 */
const program = `
groups=
while read -r word group; do
  case $word in
    start) groups="$groups $group" ;;
    end)
      left=
      for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done
      groups=$left ;;
  esac
done
for each in $groups; do kill -9 "-$each"; done
`;

let input: Writable | undefined;

/** One watchdog for all groups of this process. It is not in this process's group, so that what ends that one spares it. */
function watchdog(): Writable | undefined {
  if (input?.writable) return input;
  const child = spawn('/bin/sh', ['-c', program], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: {},
  });
  // Without a shell the groups are ended as far as this process can.
  child.on('error', () => {});
  child.unref();
  input = child.stdin!;
  input.on('error', () => {});
  // A child's pipe is a socket, and must not keep this process running.
  (input as Writable & { unref?(): void }).unref?.();
  return input;
}

/**
 * Sees to it that the group which this process leads (`detached: true`) ends no later than this process. The returned
 * function says that it has ended: its number may by then belong to another.
 */
export function watch(leader: number | undefined): () => void {
  // On Windows a child is in a job of its parent's, and ends with it.
  if (leader === undefined || process.platform === 'win32') return () => {};
  watchdog()?.write(`start ${leader}\n`);
  return () => {
    if (input?.writable) input.write(`end ${leader}\n`);
  };
}
