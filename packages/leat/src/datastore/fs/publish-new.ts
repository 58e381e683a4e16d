/**
 * Publishing a finished temporary file under a name that nobody else may have taken: all or nothing, exactly one winner
 * among any number of processes, also when one of them is killed half-way.
 */
import fs from 'node:fs';
import path from 'node:path';
import { errorCode } from './store-error.ts';

// What file systems without hard links answer (exFAT, some network and FUSE mounts).
const noLinks: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EXDEV',
]);
const claimLooksMs = 5;

/** Whether `temporary` became `target`. `temporary` is gone afterwards in either case. */
export function publishNew(temporary: string, target: string): boolean {
  try {
    // A link never overwrites, and appears with all of the file's content or not at all.
    fs.linkSync(temporary, target);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return linkedAfterAll(temporary);
    if (noLinks.has(errorCode(error))) return publishByClaim(temporary, target);
    throw error;
  }
  fs.unlinkSync(temporary);
  return true;
}

/**
 * The same where the file system has no hard links: whoever makes the folder of the claim may rename. A claim that stands
 * unchanged for `claimLastsMs` is taken over: its owner is dead, since a live one needs less between claim and rename. That
 * is measured by who waits, because the clocks of two machines, or of one that is set, say nothing about an age.
 */
export function publishByClaim(temporary: string, target: string, claimLastsMs = 10_000): boolean {
  const claim = path.join(path.dirname(target), `.leat-tmp-claim-${path.basename(target)}`);
  let seen: { readonly mark: string; readonly since: number } | undefined;
  for (;;) {
    if (fs.existsSync(target)) return discard(temporary);
    if (makeClaim(claim)) break;
    const mark = claimMark(claim);
    if (mark === undefined || mark !== seen?.mark)
      seen = mark === undefined ? undefined : { mark, since: performance.now() };
    else if (performance.now() - seen.since > claimLastsMs) releaseClaim(claim);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, claimLooksMs);
  }
  try {
    if (fs.existsSync(target)) return discard(temporary);
    fs.renameSync(temporary, target);
    return true;
  } finally {
    releaseClaim(claim);
  }
}

function makeClaim(claim: string): boolean {
  try {
    fs.mkdirSync(claim);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Tells one claim from the next. */
function claimMark(claim: string): string | undefined {
  const facts = fs.statSync(claim, { throwIfNoEntry: false });
  return facts === undefined ? undefined : `${facts.ino} ${facts.mtimeMs}`;
}

function releaseClaim(claim: string): void {
  try {
    fs.rmdirSync(claim);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** NFS repeats a request whose answer was lost: the second copy of a link that succeeded answers EEXIST. */
function linkedAfterAll(temporary: string): boolean {
  const linked = fs.statSync(temporary).nlink > 1;
  fs.unlinkSync(temporary);
  return linked;
}

function discard(temporary: string): false {
  fs.unlinkSync(temporary);
  return false;
}
