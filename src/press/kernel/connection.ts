/** The connection file: where a Jupyter client expects the kernel's five sockets, and the key that signs every message. */
import { readFileSync } from 'node:fs';

export interface Connection {
  transport: 'tcp' | 'ipc';
  ip: string;
  shell_port: number;
  iopub_port: number;
  stdin_port: number;
  control_port: number;
  hb_port: number;
  /** Empty: messages are neither signed nor checked. */
  key: string;
  signature_scheme: string;
}

export class ConnectionFileError extends Error {
  override name = 'ConnectionFileError';
  constructor(
    readonly path: string,
    problem: string,
  ) {
    super(
      `connection file ${path}: ${problem}. A Jupyter client writes this file and passes its path.`,
    );
  }
}

/** Reads and checks a connection file; throws ConnectionFileError that names what is missing. */
export function readConnectionFile(path: string): Connection {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new ConnectionFileError(path, error instanceof Error ? error.message : String(error));
  }
  const { transport = 'tcp', ip = '127.0.0.1', key = '', signature_scheme = 'hmac-sha256' } = value;
  if (transport !== 'tcp' && transport !== 'ipc')
    throw new ConnectionFileError(
      path,
      `transport is ${JSON.stringify(transport)}, not "tcp" or "ipc"`,
    );
  if (typeof ip !== 'string') throw new ConnectionFileError(path, 'ip is not text');
  if (typeof key !== 'string') throw new ConnectionFileError(path, 'key is not text');
  if (typeof signature_scheme !== 'string' || !/^hmac-\w+$/.test(signature_scheme))
    throw new ConnectionFileError(
      path,
      `signature_scheme is ${JSON.stringify(signature_scheme)}, not "hmac-sha256"`,
    );
  const port = (name: string): number => {
    const number = value[name];
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 65535)
      throw new ConnectionFileError(
        path,
        `${name} is ${JSON.stringify(number)}, not a port number`,
      );
    return number;
  };
  return {
    transport,
    ip,
    key,
    signature_scheme,
    shell_port: port('shell_port'),
    iopub_port: port('iopub_port'),
    stdin_port: port('stdin_port'),
    control_port: port('control_port'),
    hb_port: port('hb_port'),
  };
}

/** The address of one socket, in the form ZeroMQ takes. */
export function address(connection: Connection, port: number): string {
  return connection.transport === 'ipc'
    ? `ipc://${connection.ip}-${port}`
    : `tcp://${connection.ip}:${port}`;
}
