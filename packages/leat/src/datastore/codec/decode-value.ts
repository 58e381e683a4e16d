import { LeatError } from '../../errors/index.ts';
import type { StoredFileFacts } from '../files/file-value.ts';
import { fromBytes, isBinaryKind } from './binary-kinds.ts';
import { type MakeFile, readStructured, structuredCodec } from './structured.ts';

/** An encoding as it was read. */
export interface StoredEncoding {
  readonly codec: string;
  /** The label without the codec's name. */
  readonly rest: string;
  readonly body: Uint8Array;
}

type Decode = (body: Uint8Array, rest: string, makeFile: MakeFile) => unknown;

/** Every codec that was ever written, by name and version. An old one stays readable: add, never change. */
const codecs: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  [structuredCodec, readStructured],
  ['bytes/1', readBinary],
  ['utf8/1', (body) => Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')],
  ['file/1', (body, rest, makeFile) => makeFile(readStructured(body, rest, makeFile) as StoredFileFacts)],
]);

/**
 * The value of an encoding. Reading never runs code of users.
 *
 * @param key where it came from, for messages
 * @throws LeatError STORE_CORRUPT naming `key`
 */
export function decodeValue(key: string, { codec, rest, body }: StoredEncoding, makeFile: MakeFile): unknown {
  const decode = codecs.get(codec);
  if (decode === undefined) {
    throw new LeatError(
      'STORE_CORRUPT',
      `'${key}' was written with the codec '${codec}', which this version of Leat does not know`,
      {
        hint: 'Read it with the version of Leat that wrote it, or a later one.',
        details: { key, codec },
      },
    );
  }
  try {
    return decode(body, rest, makeFile);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LeatError('STORE_CORRUPT', `'${key}' does not hold a value of codec '${codec}': ${reason}`, {
      hint: 'If a later Node wrote it, read it with that version. Otherwise the stored bytes are damaged: run the step again.',
      cause: error,
      details: { key, codec },
    });
  }
}

function readBinary(body: Uint8Array, rest: string): unknown {
  const value = isBinaryKind(rest) ? fromBytes(rest, body) : undefined;
  if (value === undefined)
    throw new TypeError(`binary data of kind '${rest}' cannot be read by this Node, ${process.version}`);
  return value;
}
