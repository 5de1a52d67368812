// Ends process groups, and removes temporary folders, when this process is gone, however it went: after SIGKILL or a crash it
// cannot do so itself, and kernels that do not look after their parent (stock tslab, most others) would run for ever, some in
// a busy loop.
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads `start <group>`, `end <group>` and `folder <path>`, one a line, and kills the groups that have not ended when its
 * input does: the system closes the other end of a pipe with the process that held it. A folder's name is never used twice,
 * so that one which is gone by then need not be told of. A shell, because it is everywhere, starts in a
 * millisecond and needs a megabyte.
 */
const program = `
groups=
folders=
while read -r word group; do
  case $word in
    start) groups="$groups $group" ;;
    end)
      left=
      for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done
      groups=$left ;;
    folder) folders="$folders$group
" ;;
  esac
done
for each in $groups; do kill -9 "-$each"; done
printf %s "$folders" | while IFS= read -r each; do /bin/rm -rf -- "$each"; done
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

/** Sees to it that a folder of `mkdtemp` is gone no later than this process, if it is not removed before. */
export function watchFolder(path: string): void {
  if (process.platform === 'win32' || path.includes('\n')) return;
  watchdog()?.write(`folder ${path}\n`);
}
