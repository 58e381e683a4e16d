/** The operations of S3 that a datastore needs, with the names of objects as they are in the bucket. */
import { createHash } from 'node:crypto';
import type { DatastoreAccess } from 'leat/datastore';
import type { S3Answer, S3Client } from './s3-client.ts';
import { s3Error } from './s3-error.ts';
import { elements, escapeXml, textOf } from './xml.ts';

/** What a header or a listing tells of an object. */
export interface S3Object {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** An object, or the part of it that was asked for. */
export interface S3Content {
  readonly bytes: Buffer;
  /** Of the whole object, in bytes. */
  readonly size: number;
  readonly etag: string;
  readonly modifiedAt: number;
  readonly metadata: Metadata;
}

/** Facts that are kept with an object. Names in lower case. */
export type Metadata = Readonly<Record<string, string>>;

/** What must hold for a write to be done. */
export type WriteCondition = { readonly absent: true } | { readonly etag: string };

export interface PutOptions {
  readonly metadata?: Metadata;
  readonly when?: WriteCondition;
}

/** `outside`: the object is there, and ends before the range. */
export type ReadResult = S3Content | 'absent' | 'outside' | 'changed';

/** An upload that has begun and not ended. */
export interface S3Upload {
  readonly name: string;
  readonly id: string;
  readonly startedAt: number;
}

export interface ListPage {
  readonly objects: readonly S3Object[];
  /** Token of the page after it; `undefined`: there is none. */
  readonly next: string | undefined;
}

const metadataPrefix = 'x-amz-meta-';

export class S3Api {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /** @param range bytes `start` to `end`, the latter not included; it must not be empty */
  async read(name: string, range?: { start: number; end: number }, etag?: string): Promise<ReadResult> {
    const answer = await this.#client.call(this.#what('read', name), {
      method: 'GET',
      name,
      headers: {
        ...(range && { Range: `bytes=${range.start}-${range.end - 1}` }),
        ...(etag === undefined ? {} : { 'If-Match': etag }),
      },
    });
    if (answer.status === 404) return 'absent';
    if (answer.status === 416) return 'outside';
    if (answer.status === 412) return 'changed';
    const facts = factsOf(answer);
    // A server may send all of an object, though a part was asked for.
    const bytes =
      range !== undefined && answer.status === 200
        ? answer.body.subarray(range.start, range.end)
        : answer.body;
    if (range !== undefined && answer.status === 200 && range.start >= answer.body.byteLength)
      return 'outside';
    return { ...facts, bytes, size: wholeSize(answer) };
  }

  async head(name: string): Promise<Omit<S3Content, 'bytes'> | undefined> {
    const answer = await this.#client.call(this.#what('read', name), { method: 'HEAD', name });
    if (answer.status === 404) return undefined;
    return { ...factsOf(answer), size: Number(answer.headers['content-length'] ?? 0) };
  }

  /** Writes an object, under a condition or over any older one. */
  async put(
    name: string,
    body: readonly Uint8Array[],
    { metadata = {}, when }: PutOptions = {},
  ): Promise<PutAnswer> {
    const answer = await this.#client.call(this.#what('write', name), {
      method: 'PUT',
      name,
      headers: {
        ...metadataHeaders(metadata),
        ...conditionHeaders(when),
        'Content-Type': 'application/octet-stream',
      },
      body,
    });
    if (when === undefined) this.#found(answer, 'write', name);
    // What must be there and is not: 404.
    const done = answer.status < 300;
    return { done, repeated: answer.repeated, etag: done ? etagOf(answer) : '' };
  }

  /** One page of the objects whose names start with `prefix`. */
  async list(prefix: string, token?: string): Promise<ListPage> {
    const answer = await this.#client.call(this.#what('list', prefix), {
      method: 'GET',
      query: {
        'list-type': '2',
        'encoding-type': 'url',
        ...(prefix === '' ? {} : { prefix }),
        ...(token === undefined ? {} : { 'continuation-token': token }),
      },
    });
    const xml = this.#found(answer, 'list', prefix);
    const nameOf = decoderOf(xml);
    const objects = elements(xml, 'Contents').map((entry) => ({
      name: nameOf(textOf(entry, 'Key') ?? ''),
      size: Number(textOf(entry, 'Size')),
      modifiedAt: Date.parse(textOf(entry, 'LastModified') ?? ''),
    }));
    const more = textOf(xml, 'IsTruncated') === 'true';
    return { objects, next: more ? textOf(xml, 'NextContinuationToken') : undefined };
  }

  /** Removes up to 1,000 objects. Returns those that are still there, each with what S3 says. */
  async deleteAll(
    names: readonly string[],
  ): Promise<readonly { readonly name: string; readonly code: string }[]> {
    const listed = names.map((name) => `<Object><Key>${escapeXml(name)}</Key></Object>`).join('');
    const body = Buffer.from(
      `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed}<Quiet>true</Quiet></Delete>`,
    );
    const answer = await this.#client.call(this.#what('delete', names[0] ?? ''), {
      method: 'POST',
      query: { delete: '' },
      // What a body that names objects to delete must come with.
      headers: {
        'Content-MD5': createHash('md5').update(body).digest('base64'),
        'Content-Type': 'application/xml',
      },
      body: [body],
    });
    return elements(this.#found(answer, 'delete', names[0] ?? ''), 'Error')
      .map((entry) => ({ name: textOf(entry, 'Key') ?? '', code: textOf(entry, 'Code') ?? '' }))
      .filter(({ code }) => code !== 'NoSuchKey');
  }

  async beginUpload(name: string, metadata: Metadata): Promise<string> {
    const answer = await this.#client.call(this.#what('write', name), {
      method: 'POST',
      name,
      query: { uploads: '' },
      headers: { ...metadataHeaders(metadata), 'Content-Type': 'application/octet-stream' },
    });
    return textOf(this.#found(answer, 'write', name), 'UploadId') ?? '';
  }

  /** @param number from 1. Returns the part's ETag. */
  async uploadPart(name: string, { upload, number, body }: UploadPart): Promise<string> {
    const answer = await this.#client.call(this.#what('write', name), {
      method: 'PUT',
      name,
      query: { partNumber: String(number), uploadId: upload },
      body,
    });
    this.#found(answer, 'write', name);
    return etagOf(answer);
  }

  /** Makes the object of its parts. `false`: there is no such upload (any more). */
  async completeUpload(name: string, upload: string, etags: readonly string[]): Promise<boolean> {
    const parts = etags.map(
      (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
    const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
    const answer = await this.#client.call(this.#what('write', name), {
      method: 'POST',
      name,
      query: { uploadId: upload },
      headers: { 'Content-Type': 'application/xml' },
      body: [Buffer.from(body)],
      mayFailLate: true,
    });
    return answer.status !== 404;
  }

  /** Gives an upload up; one that is not there is no error. */
  async abortUpload(name: string, upload: string): Promise<void> {
    await this.#client.call(this.#what('delete', name), {
      method: 'DELETE',
      name,
      query: { uploadId: upload },
    });
  }

  /** Uploads that have begun, and neither ended nor been given up. */
  async *uploads(prefix: string): AsyncIterable<S3Upload> {
    let from: Readonly<Record<string, string>> = {};
    for (;;) {
      const answer = await this.#client.call(this.#what('list', prefix), {
        method: 'GET',
        query: { uploads: '', 'encoding-type': 'url', ...(prefix === '' ? {} : { prefix }), ...from },
      });
      const xml = this.#found(answer, 'list', prefix);
      const nameOf = decoderOf(xml);
      for (const entry of elements(xml, 'Upload')) {
        const startedAt = Date.parse(textOf(entry, 'Initiated') ?? '');
        yield { name: nameOf(textOf(entry, 'Key') ?? ''), id: textOf(entry, 'UploadId') ?? '', startedAt };
      }
      if (textOf(xml, 'IsTruncated') !== 'true') return;
      const key = nameOf(textOf(xml, 'NextKeyMarker') ?? '');
      from = { 'key-marker': key, 'upload-id-marker': textOf(xml, 'NextUploadIdMarker') ?? '' };
    }
  }

  /** See {@link S3Client.link}. */
  async link(name: string, seconds: number): Promise<string> {
    return await this.#client.link(name, seconds);
  }

  /** See {@link S3Client.linksEndAt}. */
  async linksEndAt(): Promise<number | undefined> {
    return await this.#client.linksEndAt();
  }

  /** See {@link S3Client.access}. */
  async access(folder: string): Promise<DatastoreAccess> {
    return await this.#client.access(folder);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** The body of an answer that must not be that there is nothing. */
  #found({ status, code, body }: S3Answer, action: string, name: string): string {
    const xml = body.toString('utf8');
    if (status < 300) return xml;
    const message = textOf(xml, 'Message') ?? '';
    throw s3Error(this.#what(action, name), { status, code, message, tries: 1 });
  }

  #what(action: string, name: string): string {
    return `${action} 's3://${this.#bucket}/${name}'`;
  }
}

/** What came of a write. */
export interface PutAnswer {
  /** `false`: the condition did not hold. */
  readonly done: boolean;
  /** An earlier try may have been done: when this one was not, it may be for that. */
  readonly repeated: boolean;
  readonly etag: string;
}

export interface UploadPart {
  readonly upload: string;
  /** From 1. */
  readonly number: number;
  readonly body: readonly Uint8Array[];
}

const metadataHeaders = (metadata: Metadata): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [metadataPrefix + name, value]));

function conditionHeaders(when: WriteCondition | undefined): Readonly<Record<string, string>> {
  if (when === undefined) return {};
  return 'absent' in when ? { 'If-None-Match': '*' } : { 'If-Match': when.etag };
}

function factsOf({ headers }: S3Answer): Omit<S3Content, 'bytes' | 'size'> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith(metadataPrefix)) metadata[name.slice(metadataPrefix.length)] = String(value);
  return { metadata, etag: headers.etag ?? '', modifiedAt: Date.parse(headers['last-modified'] ?? '') };
}

const etagOf = ({ headers }: S3Answer): string => headers.etag ?? '';

function wholeSize({ headers, body }: S3Answer): number {
  const total = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  return total === undefined ? body.byteLength : Number(total);
}

/** Servers that were asked to encode names do, or say that they do not. */
function decoderOf(xml: string): (name: string) => string {
  if (textOf(xml, 'EncodingType') !== 'url') return (name) => name;
  return (name) => decodeURIComponent(name.replaceAll('+', ' '));
}
