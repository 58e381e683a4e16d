/** How often output is stored, and in how large pieces. Pure. */

const smallestPiece = 64 * 1024;
const largestPiece = 4 * 1024 * 1024;
/** Pieces of one size before they double. */
const perSize = 32;
const soonestMs = 1000;
const latestMs = 10_000;
/** A task of two minutes is looked at each second, one of twenty each ten seconds. */
const ageForEach = 120;

/**
 * Bytes at which a piece is finished and the next one begun. Until then it is written again with what came since, so that the number of pieces
 * follows from what is printed and not from how long that takes: a gigabyte is some 400.
 */
export const pieceBytes = (sequence: number): number =>
  Math.min(largestPiece, smallestPiece * 2 ** Math.floor(sequence / perSize));

/** How long what was printed waits before it is stored, when the job has run for `ageMs`. In milliseconds. */
export const storeAfterMs = (ageMs: number): number =>
  Math.min(latestMs, Math.max(soonestMs, ageMs / ageForEach));
