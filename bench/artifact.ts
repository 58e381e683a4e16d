/**
 * Design §6, the first half of row 6 (`artifact-chain.ts` has the second): an artifact of 100 MB, written and read, against bare code that does the same work with nothing of
 * ours in it: serialise, hash, compress where that saves 15 % or more of the whole, one file; and back, the hash checked.
 * Both take turns in one process.
 */
import { createHash, randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import v8 from 'node:v8';
import zlib from 'node:zlib';
import { type ArtifactRef, ArtifactStore, InlineBudget, openDatastore } from 'leat/datastore';
import { median, pairedRatio } from './harness/median.ts';
import { type Answer, type Finding, type Question, verdict } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';

const budget = 0.7;
const bytes = 100_000_000;

interface Subject {
  readonly name: string;
  readonly make: () => unknown;
  /** The floor's bytes of a value and back; V8's serialisation unless told. */
  readonly toBytes?: (value: unknown) => Buffer;
  readonly fromBytes?: (stored: Buffer) => unknown;
  /** Whether zstd saves 15 % or more: the floor knows it, ours finds out. */
  readonly compressible: boolean;
}

function viewBytes(value: unknown): Buffer {
  const view = value as NodeJS.TypedArray<ArrayBuffer>;
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

const floats = (stored: Buffer): Float64Array =>
  new Float64Array(stored.buffer, stored.byteOffset, stored.byteLength / 8);

function randomWalk(): Float64Array {
  let at = 0;
  return Float64Array.from({ length: bytes / 8 }, () => (at += Math.random() - 0.5));
}

function records(): readonly object[] {
  return Array.from({ length: bytes / 90 }, (_, id) => ({
    id,
    country: `country ${id % 195}`,
    score: Math.round(Math.random() * 1e6) / 1e6,
    tags: ['small', 'model'],
    fit: { slope: id * 0.1, family: `family ${id % 7}` },
  }));
}

const subjects: readonly Subject[] = [
  {
    name: 'random bytes',
    make: () => randomFillSync(Buffer.allocUnsafeSlow(bytes)),
    toBytes: viewBytes,
    fromBytes: (stored) => stored,
    compressible: false,
  },
  {
    name: 'Float64Array, random walk',
    make: randomWalk,
    toBytes: viewBytes,
    fromBytes: floats,
    compressible: false,
  },
  {
    name: 'Float64Array, 2 decimals',
    make: () => randomWalk().map((value) => Math.round(value * 100) / 100),
    toBytes: viewBytes,
    fromBytes: floats,
    compressible: true,
  },
  { name: 'records', make: records, compressible: true },
];

const zstd = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };
const sha256 = (of: Buffer): string => createHash('sha256').update(of).digest('hex');

function writeFloor({ toBytes = v8.serialize, compressible }: Subject, value: unknown, file: string): string {
  const encoded = toBytes(value);
  const hash = sha256(encoded);
  fs.writeFileSync(file, compressible ? zlib.zstdCompressSync(encoded, zstd) : encoded);
  return hash;
}

function readFloor(
  { fromBytes = v8.deserialize, compressible }: Subject,
  file: string,
  hash: string,
): unknown {
  const stored = fs.readFileSync(file);
  const encoded = compressible ? zlib.zstdDecompressSync(stored) : stored;
  if (sha256(encoded) !== hash) throw new Error('the floor read something else than it wrote');
  return fromBytes(encoded);
}

/** Milliseconds of one round. */
interface Round {
  readonly write: number;
  readonly floorWrite: number;
  readonly read: number;
  readonly floorRead: number;
}

function timed<T>(work: () => T): readonly [ms: number, result: T] {
  const start = performance.now();
  const result = work();
  return [performance.now() - start, result];
}

/** Whoever goes second finds warmer caches, so they take turns in that too. */
function inTurn<A, B>(first: boolean, a: () => A, b: () => B): readonly [A, B] {
  if (first) return [a(), b()];
  const result = b();
  return [a(), result];
}

async function measureRound(subject: Subject, value: unknown, folder: string, round: number): Promise<Round> {
  const file = path.join(folder, `floor-${round}`);
  const store = await openDatastore(pathToFileURL(path.join(folder, `ours-${round}`)).href);
  const first = round % 2 === 0;
  const [[write, ref], [floorWrite, hash]] = inTurn(
    first,
    () => timed((): ArtifactRef => new ArtifactStore(store).save('x', value, new InlineBudget())),
    () => timed(() => writeFloor(subject, value, file)),
  );
  const [[read], [floorRead]] = inTurn(
    first,
    () => timed(() => new ArtifactStore(store).load(ref)),
    () => timed(() => readFloor(subject, file, hash)),
  );
  return { write, floorWrite, read, floorRead };
}

async function measureSubject(
  subject: Subject,
  { rounds, folder, say }: Settings,
): Promise<readonly Round[]> {
  say(`artifact: ${subject.name}`);
  const inside = fs.mkdtempSync(path.join(folder, 'artifact-'));
  const value = subject.make();
  await measureRound(subject, value, inside, -2); // warm-up
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    measured.push(await measureRound(subject, value, inside, round));
  }
  return measured;
}

const rate = (ms: readonly number[]): string => `${Math.round(bytes / 1000 / median(ms))} MB/s`;

function finding(what: string, ours: readonly number[], floor: readonly number[]): Finding {
  const ratio = pairedRatio(floor, ours);
  return {
    what,
    leat: rate(ours),
    against: `${rate(floor)} floor`,
    ratio: `${(ratio * 100).toFixed(0)} %`,
    budget: `≥ ${budget * 100} %`,
    verdict: verdict(ratio >= budget),
  };
}

async function answer(settings: Settings): Promise<Answer> {
  const samples: { readonly name: string; readonly rounds: readonly Round[] }[] = [];
  for (const subject of subjects) {
    samples.push({ name: subject.name, rounds: await measureSubject(subject, settings) });
  }
  const findings = samples.flatMap(({ name, rounds }) => {
    const column = (key: keyof Round): readonly number[] => rounds.map((round) => round[key]);
    return [
      finding(`100 MB of ${name}, written`, column('write'), column('floorWrite')),
      finding(`100 MB of ${name}, read`, column('read'), column('floorRead')),
    ];
  });
  return { findings, samples };
}

export const artifact: Question = {
  name: 'artifact',
  asks: 'an artifact of 100 MB is written and read at 70 % of the floor or more',
  answer,
};
