import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveMark, parseHead } from './archive-head.ts';
import { pack, type PackedFile } from './pack.ts';
import { extrasName, packageHash } from './portable-package.ts';
import { unpack } from './unpack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-archive-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const packed = (name: string, text: string | Uint8Array, more: Partial<PackedFile> = {}): PackedFile => {
  const from = Buffer.from(text as string);
  return { name, hash: sum(from), size: from.length, from, ...more };
};

const listing = ({ name, hash, size }: PackedFile) => ({ name, hash, size });

/** The files of a package whose extras are these. */
function packageOf(extras: readonly PackedFile[]): {
  readonly hash: string;
  readonly files: readonly PackedFile[];
} {
  const listed = extras.map(listing);
  const bundle = [
    packed(extrasName, JSON.stringify({ extras: listed })),
    packed('flow.js', 'export default 1;\n'),
  ];
  const hash = packageHash('flow.js', bundle);
  const facts = { entry: 'flow.js', files: bundle.map(listing) };
  return { hash, files: [packed('package.json', JSON.stringify(facts)), ...bundle, ...extras] };
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('an archive', () => {
  it('gives back what was put in, whatever pieces it comes in', async () => {
    const large = randomBytes(3_000_000);
    const path = join(folder, 'large.bin');
    writeFileSync(path, large);
    const { hash, files } = packageOf([
      packed('files/a b/ü.txt', 'text'),
      packed('files/empty', ''),
      { ...packed('node_modules/native/x.node', large, { executable: true }), from: path },
    ]);
    const bytes = await bytesOf(pack(files));
    for (const size of [7, 65_536, bytes.length]) {
      const target = join(folder, `out-${size}`);
      mkdirSync(target);
      await unpack(inPieces(size === 7 ? bytes : bytes, size === 7 ? 4093 : size), target, hash);
      expect(readFileSync(join(target, 'files/a b/ü.txt'), 'utf8')).toBe('text');
      expect(statSync(join(target, 'files/empty')).size).toBe(0);
      expect(readFileSync(join(target, 'node_modules/native/x.node')).equals(large)).toBe(true);
      expect(statSync(join(target, 'node_modules/native/x.node')).mode & 0o111).toBe(0o111);
      expect(statSync(join(target, 'flow.js')).mode & 0o111).toBe(0);
    }
  });

  it('is the same for the same files', async () => {
    const { files } = packageOf([packed('files/a', 'text')]);
    expect(sum(await bytesOf(pack(files)))).toBe(sum(await bytesOf(pack(files))));
  });

  it('refuses a file that has changed since it was listed', async () => {
    const path = join(folder, 'data.txt');
    for (const now of ['lingo', 'longer than it was', 'x']) {
      writeFileSync(path, now);
      const file = { ...packed('files/data.txt', 'first'), from: path };
      await expect(bytesOf(pack([file]))).rejects.toMatchObject({ code: 'FLOW_LOAD' });
    }
    const gone = { ...packed('files/gone.txt', 'first'), from: join(folder, 'gone.txt') };
    await expect(bytesOf(pack([gone]))).rejects.toMatchObject({ code: 'FLOW_LOAD' });
  });
});

describe('an archive that is not what was written is refused', () => {
  const open = async (bytes: Uint8Array, hash: string): Promise<void> => {
    const target = join(folder, 'out');
    mkdirSync(target);
    await unpack(inPieces(bytes, 1000), target, hash);
  };
  const refused = { code: 'STORE_CORRUPT' };

  it.each(['../out.txt', '/etc/x', 'a/../../x', 'a//b', './a', 'a/.', 'C:/x', 'a\\..\\b', 'a\0b', ''])(
    'a name that leads out of its folder: %j',
    async (name) => {
      expect(() => parseHead(JSON.stringify({ files: [{ name, hash: '', size: 0 }] }))).toThrow(
        /no name of a file/,
      );
      const { hash, files } = packageOf([]);
      await expect(open(await bytesOf(pack([...files, packed(name, 'x')])), hash)).rejects.toMatchObject(
        refused,
      );
      expect(existsSync(join(folder, 'out.txt'))).toBe(false);
      expect(readdirSync(folder)).toEqual(['out']);
    },
  );

  it('cut, longer, damaged, or no archive at all', async () => {
    const { hash, files } = packageOf([packed('files/a', randomBytes(5000))]);
    const whole = await bytesOf(pack(files));
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 2000) ^ 0xff, damaged.length - 2000);
    const endless = zstdCompressSync(Buffer.from(`${archiveMark}{`));
    for (const bytes of [whole.subarray(0, -100), damaged, Buffer.from('text'), Buffer.alloc(0), endless]) {
      await expect(open(bytes, hash)).rejects.toMatchObject(refused);
      rmSync(join(folder, 'out'), { recursive: true });
    }
  });

  it('that of another package, or with a file that does not belong to it', async () => {
    const { hash, files } = packageOf([packed('files/a', 'text')]);
    const open2 = async (some: readonly PackedFile[], expected = hash) => {
      rmSync(join(folder, 'out'), { recursive: true, force: true });
      return open(await bytesOf(pack(some)), expected);
    };
    await expect(open2(files, 'other')).rejects.toThrow('of another package');
    await expect(open2([...files, packed('files/more.js', 'evil')])).rejects.toThrow(
      "'files/more.js' does not belong",
    );
    await expect(
      open2(files.map((file) => (file.name === 'files/a' ? packed(file.name, 'TEXT') : file))),
    ).rejects.toThrow("'files/a' does not belong");
    await expect(open2(files.filter(({ name }) => name !== 'flow.js'))).rejects.toThrow(
      "'flow.js' is missing",
    );
    await expect(open2(files.slice(1))).rejects.toThrow('no package.json');
    await expect(open2([...files, files[1] as PackedFile])).rejects.toThrow('twice');
    await open2(files);
  });
});
