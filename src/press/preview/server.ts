// Serves previews to a browser on this machine, and to nobody else: it listens on the loopback address, answers only to its
// own name (so that no other name can be bound to it), and lets no other site frame, embed or read what it serves.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a page is told, as it changes. */
export interface State {
  /** Counts the reports shown so far; a page reloads its report when it changes. */
  readonly version: number;
  /** What goes on, in a line; empty when nothing does. */
  readonly status: string;
  readonly errors: readonly string[];
  /** That not all of the report was executed from the top, in a sentence; empty where it was. */
  readonly note: string;
}

/** What the server serves: pages by path. */
export interface Site {
  /** HTML of the frame around a report; undefined for a chapter that is not there. */
  shell(chapter: string): string | undefined;
  /** The report; null where there is none yet. */
  report(chapter: string): string | null;
  state(chapter: string): State;
  /** Where `/` leads. */
  readonly first: string;
  /** Called when a page of this chapter is opened. */
  onOpen(chapter: string): void;
  /** Called when a page asks that all be executed from the top. */
  onRestart(chapter: string): void;
}

export interface Served {
  readonly address: string;
  /** Tells the pages of a chapter of its state. */
  tell(chapter: string): void;
  end(): Promise<void>;
}

/** The port that was asked for cannot be had. */
export class PortError extends Error {
  override readonly name = 'PortError';
  readonly exitCode = 2;
}

const host = '127.0.0.1';

/** Serves until `end()`. Without a port, or where the usual one is taken, a free one is taken. */
export async function serve(
  site: Site,
  port: number | undefined,
  usualPort: number,
): Promise<Served> {
  const listeners = new Map<string, Set<ServerResponse>>();
  const server = createServer((request, response) => {
    const { port: own } = server.address() as AddressInfo;
    answer(request, response, own);
  });

  function answer(request: IncomingMessage, response: ServerResponse, own: number): void {
    const plain = (status: number, text: string): void => {
      response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' });
      response.end(`${text}\n`);
    };
    // A page of another site can send requests here under a name of its own that leads to this machine.
    if (![`${host}:${own}`, `localhost:${own}`].includes(request.headers.host ?? '')) {
      plain(403, 'this preview is for this machine only');
      return;
    }
    const from = request.headers['sec-fetch-site'];
    const isNavigation = request.headers['sec-fetch-mode'] === 'navigate';
    if (from !== undefined && !['same-origin', 'none'].includes(from) && !isNavigation) {
      plain(403, 'this preview is for its own pages only');
      return;
    }
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const isRestart = path.endsWith('/restart');
    const methods = isRestart ? ['POST'] : ['GET', 'HEAD'];
    if (!methods.includes(request.method ?? '')) {
      response.setHeader('Allow', methods.join(', '));
      plain(405, `only ${methods[0]}`);
      return;
    }
    // Only a page of our own may ask for something to be done: a browser names where such a request comes from.
    if (isRestart && request.headers.origin !== `http://${request.headers.host}`) {
      plain(403, 'this preview is for its own pages only');
      return;
    }
    if (path === '/') {
      response.writeHead(302, { ...headers, Location: `/${encodeURIComponent(site.first)}/` });
      response.end();
      return;
    }
    const [, name = '', part, ...rest] = path.split('/');
    const chapter = decode(name);
    const shell = chapter === undefined ? undefined : site.shell(chapter);
    if (chapter === undefined || shell === undefined || rest.length > 0) {
      plain(404, 'no such page');
      return;
    }
    if (part === '') {
      site.onOpen(chapter);
      response.writeHead(200, { ...headers, 'Content-Type': 'text/html; charset=utf-8' });
      response.end(shell);
      return;
    }
    if (part === 'report') {
      const report = site.report(chapter);
      if (report === null) {
        plain(404, 'not there yet');
        return;
      }
      response.writeHead(200, { ...headers, 'Content-Type': 'text/html; charset=utf-8' });
      response.end(report);
      return;
    }
    if (part === 'restart') {
      site.onRestart(chapter);
      response.writeHead(204, headers);
      response.end();
      return;
    }
    if (part === 'events') {
      listen(chapter, request, response);
      return;
    }
    plain(404, 'no such page');
  }

  function listen(chapter: string, request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' });
    response.write(event(site.state(chapter)));
    const all = listeners.get(chapter) ?? new Set();
    listeners.set(chapter, all.add(response));
    request.on('close', () => all.delete(response));
  }

  await listenOn(server, port, usualPort);
  const { port: own } = server.address() as AddressInfo;
  return {
    address: `http://${host}:${own}/`,
    tell(chapter) {
      for (const response of listeners.get(chapter) ?? [])
        response.write(event(site.state(chapter)));
    },
    async end() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "frame-ancestors 'self'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

function event(state: State): string {
  return `data: ${JSON.stringify(state)}\n\n`;
}

function decode(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

async function listenOn(server: Server, port: number | undefined, usual: number): Promise<void> {
  const tries = port === undefined ? [usual, 0] : [port];
  for (const [index, each] of tries.entries()) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(each, host, () => {
        server.off('error', resolve);
        resolve(undefined);
      });
    });
    if (!error) return;
    if (index < tries.length - 1) continue;
    const why = error.code === 'EADDRINUSE' ? 'is taken by another program' : error.message;
    throw new PortError(`--port ${each}: ${why}`);
  }
}
