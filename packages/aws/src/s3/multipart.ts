/** Writing what may be large: by parts that are sent at the same time, in bounded memory, and an object at the end or none. */
import { randomUUID } from 'node:crypto';
import type { Metadata, S3Api } from './api.ts';
import { s3Error } from './s3-error.ts';

/** A part of an upload; S3's own least is 5 MiB. */
export const partBytes: number = 8 * 1024 * 1024;
/** S3 takes 10,000 parts: they grow, so that an object may have any size that S3 takes. */
const partsOfOneSize = 1000;
/** Bytes of one upload on their way at the same time. */
const bytesUnderWay = 32 * 1024 * 1024;

/** By its writer's mark an object is known by whoever wrote it, when the answer to that was lost. */
const writerMark = 'leat-writer';

/** A mark that no other write has. */
export const newMark = (): Metadata => ({ [writerMark]: randomUUID() });

/** Whether what was found was written with a mark. */
export const isMarked = (found: { readonly metadata: Metadata } | undefined, mark: Metadata): boolean =>
  found?.metadata[writerMark] === mark[writerMark];

/** Part number `number` (from 1) has this many bytes, but for the last. */
const sizeOfPart = (number: number): number => partBytes * 2 ** Math.floor((number - 1) / partsOfOneSize);

/** Writes a stream. What the stream itself throws comes out as it is; there is no object then, or still the one before. */
export async function putStream(api: S3Api, name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const parts = inParts(source);
  const first = await parts.next();
  const second = await parts.next();
  // Most are small, and are written with one request.
  if (second.done === true) await api.put(name, first.done === true ? [] : first.value);
  else await upload(api, name, allOf([first.value as Part, second.value], parts));
}

/** Writes bytes that are in memory. */
export async function putLarge(api: S3Api, name: string, body: readonly Uint8Array[]): Promise<void> {
  await upload(api, name, inParts(body));
}

type Part = readonly Uint8Array[];

async function* allOf(first: readonly Part[], rest: AsyncIterable<Part>): AsyncGenerator<Part> {
  yield* first;
  yield* rest;
}

async function* inParts(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Part> {
  let number = 1;
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source) {
    let rest = piece;
    while (size + rest.byteLength >= sizeOfPart(number)) {
      const cut = sizeOfPart(number) - size;
      yield [...waiting, rest.subarray(0, cut)];
      rest = rest.subarray(cut);
      number += 1;
      [waiting, size] = [[], 0];
    }
    if (rest.byteLength > 0) waiting.push(rest);
    size += rest.byteLength;
  }
  if (size > 0) yield waiting;
}

async function upload(api: S3Api, name: string, parts: AsyncIterable<Part>): Promise<void> {
  const mark = newMark();
  const id = await api.beginUpload(name, mark);
  try {
    const etags = await sendParts(api, { name, id }, parts);
    if (await api.completeUpload(name, id, etags)) return;
    // The answer to an earlier try was lost, and the upload is gone because it has become the object.
    if (isMarked(await api.head(name), mark)) return;
  } catch (error) {
    // It costs money until it is given up; the first failure is what is told.
    await api.abortUpload(name, id).catch(() => undefined);
    throw error;
  }
  throw s3Error(`write '${name}'`, {
    status: 404,
    code: 'NoSuchUpload',
    message: 'somebody has given the upload up',
    tries: 1,
  });
}

async function sendParts(
  api: S3Api,
  { name, id }: { readonly name: string; readonly id: string },
  parts: AsyncIterable<Part>,
): Promise<readonly string[]> {
  const etags: string[] = [];
  const underWay = new Set<Promise<void>>();
  let number = 0;
  try {
    for await (const body of parts) {
      number += 1;
      const at = number;
      const sent = api.uploadPart(name, { upload: id, number: at, body }).then((etag) => {
        etags[at - 1] = etag;
        underWay.delete(sent);
      });
      // Told by whoever waits for it below.
      sent.catch(() => undefined);
      underWay.add(sent);
      while (underWay.size * sizeOfPart(at) >= bytesUnderWay) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    return etags;
  } finally {
    await Promise.allSettled(underWay);
  }
}
