// Loads the set-up's modules, which are plain JavaScript outside the build, and makes small archives, commands and clones.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { crc32, deflateRawSync } from 'node:zlib';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A module of scripts/, with the types that the test states. */
export async function load<Module>(path: string): Promise<Module> {
  return (await import(pathToFileURL(join(root, 'scripts', path)).href)) as Module;
}

/** A folder that is removed when the test ends. */
export function temporaryFolder(t: { after(clean: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'fathom-setup-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** Writes a shell script that can be run by its name when `folder` is in PATH. */
export function command(folder: string, name: string, script: string): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

export function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Resolves when a file is there. */
export async function appears(path: string): Promise<void> {
  const stop = new AbortController();
  await new Promise<void>((resolve) => {
    const watcher = watch(dirname(path), { signal: stop.signal }, () => {
      if (existsSync(path)) resolve();
    });
    watcher.on('error', () => {});
    if (existsSync(path)) resolve();
  });
  stop.abort();
}

export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
  readonly stored?: boolean;
  /** What the archive claims instead of the truth. */
  readonly claim?: { size?: number; crc?: number; method?: number; flags?: number };
}

/** A zip archive of the members, with zip64 fields when asked for. */
export function zip(members: readonly Member[], { zip64 = false, comment = '' } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, stored = false, claim = {} } of members) {
    const packed = stored ? Buffer.from(content) : deflateRawSync(content);
    const method = claim.method ?? (stored ? 0 : 8);
    const crc = claim.crc ?? crc32(content);
    const size = claim.size ?? content.length;
    const bytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(claim.flags ?? 0, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(size, 22);
    local.writeUInt16LE(bytes.length, 26);
    // Another extra field than in the directory, as many tools write it.
    const localExtra = Buffer.from([0xfe, 0xca, 2, 0, 1, 2]);
    local.writeUInt16LE(localExtra.length, 28);
    parts.push(local, bytes, localExtra, packed);

    let extra: Buffer = Buffer.alloc(0);
    if (zip64) {
      extra = Buffer.alloc(28);
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(size), 4);
      extra.writeBigUInt64LE(BigInt(packed.length), 12);
      extra.writeBigUInt64LE(BigInt(offset), 20);
    }
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(claim.flags ?? 0, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(zip64 ? 0xffffffff : packed.length, 20);
    entry.writeUInt32LE(zip64 ? 0xffffffff : size, 24);
    entry.writeUInt16LE(bytes.length, 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(zip64 ? 0xffffffff : offset, 42);
    directory.push(entry, bytes, extra);
    offset += 30 + bytes.length + localExtra.length + packed.length;
  }
  const central = Buffer.concat(directory);
  parts.push(central);
  if (zip64) {
    const end64 = Buffer.alloc(56);
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(44n, 4);
    end64.writeBigUInt64LE(BigInt(members.length), 24);
    end64.writeBigUInt64LE(BigInt(members.length), 32);
    end64.writeBigUInt64LE(BigInt(central.length), 40);
    end64.writeBigUInt64LE(BigInt(offset), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(offset + central.length), 8);
    locator.writeUInt32LE(1, 16);
    parts.push(end64, locator);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : members.length, 8);
  end.writeUInt16LE(zip64 ? 0xffff : members.length, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : central.length, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  parts.push(end, Buffer.from(comment));
  return Buffer.concat(parts);
}
