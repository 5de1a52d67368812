// Where what can be made again is kept, on each platform.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { cacheDirectory } from '../../src/shared/cache-directory.js';

test('the cache lies where each platform keeps such files', () => {
  assert.equal(cacheDirectory({}, 'linux', '/home/a'), '/home/a/.cache/fathom');
  assert.equal(cacheDirectory({ XDG_CACHE_HOME: '/x' }, 'linux', '/home/a'), '/x/fathom');
  assert.equal(cacheDirectory({}, 'darwin', '/Users/a'), '/Users/a/Library/Caches/fathom');
  const local = cacheDirectory({ LOCALAPPDATA: 'C:/local' }, 'win32', 'C:/a');
  assert.equal(local, join('C:/local', 'fathom'));
  assert.equal(cacheDirectory({ FATHOM_CACHE: '/f' }, 'darwin', '/Users/a'), '/f');
});
