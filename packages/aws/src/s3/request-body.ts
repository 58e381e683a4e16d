import { createHash } from 'node:crypto';

/** Bodies up to this size are signed with their hash; that of a larger one takes longer than sending it. */
const hashedBytes = 1024 * 1024;

const ofNothing = createHash('sha256').digest('hex');

/**
 * What a signature says of a body: its sha256, or that it is not signed, for large ones on a connection that is safe by itself.
 *
 * @param secure the connection is TLS
 */
export function hashBody(body: readonly Uint8Array[] | undefined, secure: boolean): string {
  if (body === undefined || body.length === 0) return ofNothing;
  const size = body.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (secure && size > hashedBytes) return 'UNSIGNED-PAYLOAD';
  const sum = createHash('sha256');
  for (const part of body) sum.update(part);
  return sum.digest('hex');
}
