/**
 * What an executable or a shared library says of itself: for which machine it was made, and what it needs there. Only as much
 * of the formats as decides whether a file can run on a machine; nothing is loaded or run.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** What a file of native code says of itself. */
export interface NativeFacts {
  readonly os: 'linux' | 'darwin' | 'win32';
  /** As `process.arch`; `undefined` for one that Node does not run on, or several in one file. */
  readonly arch: string | undefined;
  /** The program that Linux starts an executable with: `/lib64/ld-linux-x86-64.so.2`; a library has none. */
  readonly interpreter?: string;
  /** Names of the shared libraries that it asks for: `libc.so.6`. */
  readonly needed: readonly string[];
}

const machines: Readonly<Record<number, string>> = {
  3: 'ia32',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
};
const machOArchs: Readonly<Record<number, string>> = { 0x01_00_00_07: 'x64', 0x01_00_00_0c: 'arm64' };
const machOMagics = new Set([0xfe_ed_fa_cf, 0xcf_fa_ed_fe, 0xca_fe_ba_be]);

/** Names of files that may hold native code. */
export const nativeName: RegExp = /(?:\.node|\.so(?:\.[\d.]+)?|\.dylib|\.dll|\.exe)$/;

/** Reads what a file says of itself; `undefined` when it is no native code of the systems that Node runs on. */
export function readNativeFacts(path: string): NativeFacts | undefined {
  const file = openSync(path, 'r');
  try {
    const read = (start: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, start));
    };
    return factsOf(read);
  } catch (error) {
    // A file that ends where its own tables say that more follows.
    if (error instanceof RangeError) return undefined;
    throw error;
  } finally {
    closeSync(file);
  }
}

type Read = (start: number, length: number) => Buffer;

function factsOf(read: Read): NativeFacts | undefined {
  const head = read(0, 64);
  if (head.length < 64) return undefined;
  const magic = head.readUInt32BE(0);
  if (magic === 0x7f_45_4c_46) return elfFacts(head, read);
  if (machOMagics.has(magic)) {
    const cpu = magic === 0xcf_fa_ed_fe ? head.readUInt32LE(4) : head.readUInt32BE(4);
    return { os: 'darwin', arch: machOArchs[cpu], needed: [] };
  }
  return head.toString('latin1', 0, 2) === 'MZ' ? { os: 'win32', arch: undefined, needed: [] } : undefined;
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const loaded = 1;
const dynamic = 2;
const interpreter = 3;

/** 64 bits, least byte first: what Node runs on. Of others the machine alone is told. */
function elfFacts(head: Buffer, read: Read): NativeFacts {
  const arch = machines[head.readUInt16LE(18)];
  if (head[4] !== 2 || head[5] !== 1) return { os: 'linux', arch, needed: [] };
  const [start, size, count] = [
    Number(head.readBigUInt64LE(32)),
    head.readUInt16LE(54),
    head.readUInt16LE(56),
  ];
  const table = read(start, size * count);
  const segments = Array.from({ length: count }, (_, at) => segmentAt(table, at * size));
  const named = segments.find(({ type }) => type === interpreter);
  const path = named && textAt(read(named.offset, named.size), 0);
  return {
    os: 'linux',
    arch,
    needed: neededOf(segments, read),
    ...(path === undefined ? {} : { interpreter: path }),
  };
}

const segmentAt = (table: Buffer, at: number): Segment => ({
  type: table.readUInt32LE(at),
  offset: Number(table.readBigUInt64LE(at + 8)),
  address: Number(table.readBigUInt64LE(at + 16)),
  size: Number(table.readBigUInt64LE(at + 32)),
});

const needed = 1;
const stringTable = 5;
const stringSize = 10;

function neededOf(segments: readonly Segment[], read: Read): readonly string[] {
  const table = segments.find(({ type }) => type === dynamic);
  if (table === undefined) return [];
  const entries = entriesOf(read(table.offset, table.size));
  const valueOf = (wanted: number): number | undefined => entries.find(({ tag }) => tag === wanted)?.value;
  const address = valueOf(stringTable) ?? 0;
  const holder = segments.find(
    (each) => each.type === loaded && address >= each.address && address < each.address + each.size,
  );
  if (holder === undefined) return [];
  const names = read(address - holder.address + holder.offset, valueOf(stringSize) ?? 0);
  return entries.filter(({ tag }) => tag === needed).map(({ value }) => textAt(names, value));
}

const entriesOf = (bytes: Buffer): readonly { readonly tag: number; readonly value: number }[] =>
  Array.from({ length: Math.floor(bytes.length / 16) }, (_, at) => ({
    tag: Number(bytes.readBigUInt64LE(at * 16)),
    value: Number(bytes.readBigUInt64LE(at * 16 + 8)),
  }));

function textAt(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString('utf8', start, end < 0 ? bytes.length : end);
}
