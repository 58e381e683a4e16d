import { types } from 'node:util';
import { isFile, storedFileFacts } from '../files/file-value.ts';
import { binaryKind, bytesOf } from './binary-kinds.ts';
import { type Encoding, encodingHead } from './encoding.ts';
import { structuredCodec, writeStructured } from './structured.ts';

/**
 * The encoding of any value: raw bytes for binary data and text (no copy), a reference for a file, V8's serialisation for
 * the rest.
 *
 * @param root how the value is called in messages: `this.model`
 * @throws LeatError ARTIFACT_UNSUPPORTED with the path of what is no data
 */
export function encodeValue(root: string, value: unknown): Encoding {
  if (typeof value === 'string' && value.isWellFormed()) {
    return { codec: 'utf8/1', head: encodingHead('utf8/1'), body: Buffer.from(value, 'utf8'), files: [] };
  }
  if (typeof value === 'object' && value !== null) {
    const kind = ArrayBuffer.isView(value) || types.isArrayBuffer(value) ? binaryKind(value) : undefined;
    // A resizable buffer is more than its bytes: V8 keeps that.
    if (kind !== undefined && !(types.isArrayBuffer(value) && value.resizable)) {
      const body = bytesOf(value as ArrayBufferView | ArrayBuffer);
      return { codec: 'bytes/1', head: encodingHead('bytes/1', kind), body, files: [] };
    }
    if (isFile(value)) return encodeFile(root, value);
  }
  const { rest, body, files } = writeStructured(root, value);
  return {
    codec: structuredCodec,
    head: encodingHead(structuredCodec, ...rest),
    body,
    files: [...new Set(files.map(({ hash }) => hash))],
  };
}

function encodeFile(root: string, value: object): Encoding {
  const { name, size, hash } = storedFileFacts(root, value);
  const { body } = writeStructured(root, { name, size, hash });
  return { codec: 'file/1', head: encodingHead('file/1'), body, files: [hash] };
}
