// Which browser is taken, and what is said when there is none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrowserError, findBrowser } from '../../../src/press/report/browser.js';

const find = (
  environment: NodeJS.ProcessEnv,
  programs: string[],
  own: string | null = null,
  platform: NodeJS.Platform = 'linux',
) =>
  findBrowser(environment, {
    platform,
    isProgram: (path) => programs.includes(path),
    puppeteerPath: () => Promise.resolve(own),
  });

test('the one that is named goes first', async () => {
  const found = await find({ PUPPETEER_EXECUTABLE_PATH: '/opt/b', PATH: '/usr/bin' }, [
    '/opt/b',
    '/usr/bin/chromium',
  ]);
  assert.deepEqual(found, { path: '/opt/b', from: 'PUPPETEER_EXECUTABLE_PATH' });
});

test('one that is named and is not there is an error, not a guess', async () => {
  await assert.rejects(
    find({ PUPPETEER_EXECUTABLE_PATH: '/opt/b', PATH: '/usr/bin' }, ['/usr/bin/chromium']),
    /PUPPETEER_EXECUTABLE_PATH is "\/opt\/b"/,
  );
});

test('then one on the PATH, then one in the usual places, then Puppeteer’s own', async () => {
  assert.equal(
    (await find({ PATH: '/a:/b' }, ['/b/google-chrome', '/usr/bin/chromium'])).path,
    '/b/google-chrome',
  );
  assert.equal((await find({ PATH: '' }, ['/usr/bin/chromium'])).path, '/usr/bin/chromium');
  assert.deepEqual(await find({ PATH: '' }, ['/cache/chrome'], '/cache/chrome'), {
    path: '/cache/chrome',
    from: 'puppeteer',
  });
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  assert.equal((await find({}, [mac], null, 'darwin')).path, mac);
});

test('without any, the error says what was tried and how to mend it', async () => {
  await assert.rejects(find({ PATH: '/usr/bin' }, [], '/cache/chrome'), (error) => {
    assert.ok(error instanceof BrowserError);
    assert.match(error.message, /chromium.*\/cache\/chrome.*npx puppeteer browsers install chrome/);
    return true;
  });
});
