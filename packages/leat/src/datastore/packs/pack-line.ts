/**
 * One line of a pack: a head that tells the engine all that it decides by, a tab, the manifest as JSON, a line end. JSON has
 * neither tabs nor line ends of its own, so a line that was torn is one that does not end.
 */
import { corrupt } from '../blob-format.ts';
import type { AttemptManifest, Outcome } from '../manifest.ts';
import { sealManifest } from '../manifest-seal.ts';

/** What a line says without a look at the manifest. */
export interface PackHead {
  /** Which of the chunk's members, from 0. */
  readonly member: number;
  /** `failed`, or what a success decided. */
  readonly outcome: Outcome['kind'] | 'failed';
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The process ended with this member: those after it were not begun. */
  readonly last?: true;
}

/** A line and where its manifest is, in bytes. */
export interface PackLine extends PackHead {
  readonly offset: number;
  readonly length: number;
}

const tab = 9;
const newline = 10;
const outcomes: ReadonlySet<unknown> = new Set(['end', 'linear', 'branch', 'switch', 'foreach', 'failed']);

/** The line of a member that has finished, line end included. `last`: as {@link PackHead.last}. */
export function formatPackLine(member: number, manifest: AttemptManifest, last = false): Uint8Array {
  const outcome = manifest.status === 'succeeded' ? manifest.outcome.kind : 'failed';
  const head = JSON.stringify([member, outcome, manifest.startedAt, manifest.endedAt, ...(last ? [1] : [])]);
  return Buffer.from(`${head}\t${sealManifest(manifest)}\n`, 'utf8');
}

/** The whole lines in some bytes, which begin at `start` of the pack; what follows the last line end is left. */
export function parsePackLines(pack: string, bytes: Uint8Array, start: number): readonly PackLine[] {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: PackLine[] = [];
  let begin = 0;
  for (let end = block.indexOf(newline); end >= 0; end = block.indexOf(newline, begin)) {
    const cut = block.indexOf(tab, begin);
    if (cut < 0 || cut > end) throw damaged(pack, start + begin);
    const head = parseHead(block.toString('latin1', begin, cut));
    if (head === undefined) throw damaged(pack, start + begin);
    lines.push({ ...head, offset: start + cut + 1, length: end - cut - 1 });
    begin = end + 1;
  }
  return lines;
}

function parseHead(text: string): PackHead | undefined {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(head)) return undefined;
  const [member, outcome, startedAt, endedAt, last] = head as readonly unknown[];
  if (!Number.isSafeInteger(member) || !outcomes.has(outcome)) return undefined;
  if (typeof startedAt !== 'number' || typeof endedAt !== 'number') return undefined;
  const found = { member: member as number, outcome: outcome as PackHead['outcome'], startedAt, endedAt };
  return last === 1 ? { ...found, last: true } : found;
}

const damaged = (pack: string, offset: number): Error =>
  corrupt(pack, `its line at byte ${offset} does not begin as a line of a pack`);
