/**
 * A Node binary for machines that have none, in the datastore: read, compressed and sent piece by piece. Compressed with gzip, since
 * `gzip` is in every image that has a shell with tools (busybox has it too), while zstd and xz are in few.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Datastore } from '../../datastore/datastore.ts';
import { nodePrefix } from '../../datastore/keys.ts';
import { isUsableTool } from '../../datastore/tool-life.ts';
import { findLibatomic } from './libatomic.ts';
import type { Platform, StoredNode } from './tool-files.ts';

/** The binary that is stored. */
export interface NodeSource {
  readonly path: string;
  readonly platform: Platform;
  /** Where its hash is remembered; created when missing. */
  readonly cacheDir: string;
}

/** A binary and what is known of it. */
interface Digest {
  readonly sha256: string;
  readonly version: string;
}

const factsName = 'node.json';

/** Stores the binary, unless it is there and young enough to stay. Its facts come last and say that it is whole. */
export async function storeNode(
  datastore: Datastore,
  { path, platform, cacheDir }: NodeSource,
): Promise<StoredNode> {
  const { sha256: programSha256, version } = await digestOf(path, cacheDir);
  const prefix = nodePrefix(programSha256);
  const library = findLibatomic(path, platform);
  const known = await datastore.get(prefix + factsName);
  if (known !== undefined) {
    const facts = JSON.parse(Buffer.from(known).toString('utf8')) as StoredNode;
    const isEnough = facts.libatomic !== undefined || library === undefined;
    if (isEnough && isUsableTool(await datastore.stat(facts.key), facts.size)) return facts;
  }
  const key = `${prefix}${library === undefined ? 'node' : 'node-libatomic'}.gz`;
  const hash = createHash('sha256');
  await datastore.putStream(
    key,
    counted(compressed([path, ...(library === undefined ? [] : [library])]), hash),
  );
  const facts: StoredNode = {
    key,
    platform,
    version,
    sha256: hash.digest('hex'),
    size: (await datastore.stat(key))?.size ?? 0,
    programSha256,
    programSize: statSync(path).size,
    ...(library === undefined ? {} : { libatomic: statSync(library).size }),
  };
  await datastore.put(prefix + factsName, [Buffer.from(JSON.stringify(facts))]);
  return facts;
}

function compressed(files: readonly string[]): AsyncIterable<Uint8Array> {
  const output = createGzip();
  pipeline(contents(files), output, () => undefined);
  return output as AsyncIterable<Uint8Array>;
}

async function* contents(files: readonly string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const file of files)
    yield* createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>;
}

async function* counted(source: AsyncIterable<Uint8Array>, hash: Hash): AsyncIterable<Uint8Array> {
  for await (const bytes of source) {
    hash.update(bytes);
    yield bytes;
  }
}

interface Remembered extends Digest {
  /** Path, size and time: the same file. */
  readonly file: readonly unknown[];
}

/** To read 150 MB takes a third of a second, and every run with a remote layer would. */
async function digestOf(path: string, cacheDir: string): Promise<Digest> {
  const { size, mtimeMs, ino } = statSync(path);
  const file = [path, size, mtimeMs, ino];
  const memory = join(cacheDir, 'node-digest.json');
  const known = remembered(memory);
  if (known !== undefined && JSON.stringify(known.file) === JSON.stringify(file)) return known;
  const hash = createHash('sha256');
  let version: string | undefined;
  let tail = '';
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(bytes as Uint8Array);
    if (version !== undefined) continue;
    const text = tail + (bytes as Buffer).toString('latin1');
    version = /\/download\/release\/(v\d+\.\d+\.\d+)\//.exec(text)?.[1];
    tail = text.slice(-100);
  }
  const digest = { sha256: hash.digest('hex'), version: version ?? process.version };
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, JSON.stringify({ ...digest, file }));
  return digest;
}

function remembered(memory: string): Remembered | undefined {
  try {
    return JSON.parse(readFileSync(memory, 'utf8')) as Remembered;
  } catch {
    return undefined; // the first run; or it was torn
  }
}
