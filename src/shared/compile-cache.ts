// Keeps compiled JavaScript from one start to the next, which saves a fifth of the time that a command takes to load.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from './cache-directory.js';

/**
 * What is loaded after this call is kept, in the user's own folder: Node's usual place is one in which others may write.
 * NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE decide where they are set.
 */
export function keepCompiled(env: NodeJS.ProcessEnv = process.env): void {
  enableCompileCache?.(env.NODE_COMPILE_CACHE ?? join(cacheDirectory(env), 'compiled'));
}
