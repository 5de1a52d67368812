// A kernel that does one thing wrong, named in its first argument; the second is the connection file. Run as a process.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Publisher, Reply, Router } from 'zeromq';
import { header, type Message, wire } from '../../../src/press/kernel/message.js';

const [fault, file] = process.argv.slice(2);
const connection = JSON.parse(readFileSync(file!, 'utf8')) as Record<string, string & number>;
const good = wire(String(connection.key), 'hmac-sha256');
const bad = wire('another key', 'hmac-sha256');
const at = (port: string): string => `tcp://127.0.0.1:${connection[port]}`;

if (fault === 'exits-at-start') {
  process.stderr.write('no room for me here\n');
  process.exit(3);
}
if (fault === 'never-answers') setInterval(() => {}, 1000);
else void serve();

async function serve(): Promise<void> {
  const [shell, control, stdin] = [new Router(), new Router(), new Router()];
  const broadcast = new Publisher();
  const heartbeat = new Reply();
  await shell.bind(at('shell_port'));
  await control.bind(at('control_port'));
  await stdin.bind(at('stdin_port'));
  await broadcast.bind(at('iopub_port'));
  await heartbeat.bind(at('hb_port'));
  if (fault === 'no-heartbeat') {
    // Answers the first and then no more.
    heartbeat.receive().then((beat) => heartbeat.send(beat));
  } else {
    (async () => {
      for await (const beat of heartbeat) await heartbeat.send(beat);
    })();
  }
  const to = (parent: Message, type: string, content: Record<string, unknown>, signer = good) =>
    signer.encode({
      identities: parent.identities,
      header: header(type, 'kernel'),
      parent: parent.header,
      metadata: {},
      content,
    });
  const publish = (
    parent: Message,
    type: string,
    content: Record<string, unknown>,
  ): Promise<void> => broadcast.send(to({ ...parent, identities: [] }, type, content));
  (async () => {
    for await (const frames of control) {
      const request = good.decode(frames as Buffer[]);
      if (request.header.msg_type === 'shutdown_request' && fault !== 'never-ends') process.exit(0);
    }
  })();
  if (fault === 'never-ends' || fault === 'starts-another')
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
  let executions = 0;
  for await (const frames of shell) {
    const request = good.decode(frames as Buffer[]);
    await publish(request, 'status', { execution_state: 'busy' });
    if (request.header.msg_type === 'kernel_info_request') {
      await shell.send(
        to(request, 'kernel_info_reply', {
          implementation: 'faulty',
          language_info: { name: 'none' },
        }),
      );
      await publish(request, 'status', { execution_state: 'idle' });
      continue;
    }
    executions += 1;
    const reply = (content: Record<string, unknown>, signer = good): Promise<void> =>
      shell.send(to(request, 'execute_reply', { execution_count: executions, ...content }, signer));
    await publish(request, 'stream', { name: 'stdout', text: `${fault}\n` });
    switch (fault) {
      case 'no-idle':
        await reply({ status: 'ok' });
        break;
      case 'no-reply':
        await publish(request, 'status', { execution_state: 'idle' });
        break;
      case 'wrong-signature':
        await reply({ status: 'ok' }, bad);
        await publish(request, 'status', { execution_state: 'idle' });
        break;
      case 'exits':
        process.exit(7);
        break;
      case 'asks-for-input':
        await stdin.send(to(request, 'input_request', { prompt: 'name? ', password: false }));
        break;
      case 'unknown-status':
        await reply({ status: 'confused' });
        await publish(request, 'status', { execution_state: 'idle' });
        break;
      case 'idle-first':
        await publish(request, 'status', { execution_state: 'idle' });
        await reply({ status: 'ok' });
        break;
      case 'error-only-in-reply':
        await reply({
          status: 'error',
          ename: 'Oops',
          evalue: 'said once',
          traceback: ['Oops: said once'],
        });
        await publish(request, 'status', { execution_state: 'idle' });
        break;
      case 'starts-another': {
        // The code is a port: a process that outlives this one unless it is killed too connects there.
        const other = `require('net').connect(${request.content.code}, '127.0.0.1')`;
        spawn(process.execPath, ['-e', other], { stdio: 'ignore' });
        break;
      }
      default:
        // never-ends, no-heartbeat: the code runs for ever.
        break;
    }
  }
}
