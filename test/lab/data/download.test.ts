import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DownloadError, download } from '../../../src/lab/data/download.js';
import { loadData } from '../../../src/lab/data/index.js';

const body = Buffer.alloc(300_000, 'fathom');
const md5 = createHash('md5').update(body).digest('hex');

const answers: Record<string, RequestListener> = {
  '/good': (_, response) => response.setHeader('content-length', body.length).end(body),
  '/chunked': (_, response) => {
    response.write(body.subarray(0, 1000));
    response.end(body.subarray(1000));
  },
  '/cut': (_, response) => {
    response.setHeader('content-length', body.length);
    response.write(body.subarray(0, 1000), () => response.destroy());
  },
  '/silent': (_, response) => {
    response.setHeader('content-length', body.length);
    response.write(body.subarray(0, 1000));
  },
};

let server: Server;
let address: string;
let folder: string;
before(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url!];
    if (answer) answer(request, response);
    else response.writeHead(404).end('no such thing');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-download-'));
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function into(
  name: string,
  url: string,
  options: Partial<Parameters<typeof download>[0]> = {},
) {
  const to = path.join(folder, name, 'file.bin');
  const checksum = { algorithm: 'md5', value: md5 } as const;
  const outcome = await download({ url: `${address}${url}`, to, checksum, ...options }).then(
    () => null,
    (error: unknown) => error,
  );
  return { outcome, to, left: await readdir(path.dirname(to)) };
}

for (const url of ['/good', '/chunked']) {
  test(`a download with the right checksum is kept (${url}), with its progress told`, async () => {
    const seen: [number, number | null][] = [];
    const { outcome, to, left } = await into(`ok${url.slice(1)}`, url, {
      onProgress: (done, total) => seen.push([done, total]),
    });
    assert.equal(outcome, null);
    assert.deepEqual(left, ['file.bin']);
    assert.ok((await readFile(to)).equals(body));
    assert.deepEqual(seen.at(-1), [body.length, url === '/good' ? body.length : null]);
    assert.ok(seen.every(([done], index) => index === 0 || done > seen[index - 1]![0]));
  });
}

const failures: [string, string, RegExp, number | null, object?][] = [
  [
    'mismatch',
    '/good',
    /its md5 is [0-9a-f]{32} where 0{32} is published/,
    null,
    { checksum: { algorithm: 'md5', value: '0'.repeat(32) } },
  ],
  ['cut', '/cut', /failed: (terminated|other side closed|aborted)/, null],
  ['missing', '/nothing', /the server answered 404/, 404],
  ['silent', '/silent', /nothing came for 0\.2 s/, null, { silenceMs: 200 }],
];
for (const [name, url, message, status, options] of failures) {
  test(`a download that goes wrong (${name}) is an error that names the address, and nothing is kept`, async () => {
    const { outcome, left } = await into(name, url, options);
    assert.ok(outcome instanceof DownloadError, String(outcome));
    assert.match(outcome.message, message);
    assert.equal(outcome.url, `${address}${url}`);
    assert.equal(outcome.status, status);
    assert.deepEqual(left, []);
  });
}

test('a server that is not there is an error that says so', async () => {
  const gone = createServer();
  gone.listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, 'close');
  const { outcome, left } = await into('gone', '', { url: `http://127.0.0.1:${port}/` });
  assert.ok(outcome instanceof DownloadError);
  assert.match(outcome.message, /ECONNREFUSED/);
  assert.deepEqual(left, []);
});

test('a download can be stopped, and nothing is kept', async () => {
  const stop = new AbortController();
  const { outcome, left } = await into('stopped', '/silent', {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  assert.ok(!(outcome instanceof DownloadError));
  assert.match(String(outcome), /enough/);
  assert.deepEqual(left, []);
});

test('CIFAR-10 is downloaded only when allowed, and only the published archive is accepted', async () => {
  const cache = path.join(folder, 'cifar');
  const saved = { ...process.env };
  delete process.env.FATHOM_CIFAR10;
  delete process.env.FATHOM_DOWNLOAD;
  process.env.FATHOM_CIFAR10_URL = `${address}/good`;
  try {
    await assert.rejects(loadData({ name: 'cifar-10' }, { cache }), { name: 'MissingDataError' });
    await assert.rejects(
      loadData({ name: 'cifar-10' }, { cache, download: true }),
      (error) =>
        error instanceof DownloadError &&
        error.message.includes('c32a1d4ab5d03f1284b67883e8d87530 is published'),
    );
    assert.deepEqual(await readdir(path.join(cache, 'downloads')), []);
  } finally {
    process.env = saved;
  }
});
