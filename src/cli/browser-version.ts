// What a browser calls itself, for the manifest.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const asked = new Map<string, Promise<string | null>>();
/** A browser that does not answer by then, such as Chrome on Windows, is not waited for. */
const timeout = 10_000;

/** `Chromium 156.0.7204.49`; null where it does not say. Each program is asked once. */
export function browserVersion(path: string): Promise<string | null> {
  const known = asked.get(path);
  if (known) return known;
  const answer = promisify(execFile)(path, ['--version'], { timeout }).then(
    // `Chromium 156.0.7204.49 built on Debian`: the build is part of what decides the bytes of a PDF.
    ({ stdout }) => stdout.trim().split('\n')[0] || null,
    () => null,
  );
  asked.set(path, answer);
  return answer;
}
