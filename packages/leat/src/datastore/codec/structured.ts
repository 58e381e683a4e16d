/**
 * `v8/1`: any data. V8's own structured serialisation, with our hand on what it would lose: binary data is written by
 * kind and read into memory of its own, and errors, URLs, `Temporal` values and files stand as host objects. The label
 * says `errors` when the body is `[value, table of errors]`.
 */
import v8 from 'node:v8';
import { type StoredFileFacts, storedFileFacts } from '../files/file-value.ts';
import { binaryKind, bytesOf, fromBytes, kindByNumber, kindNumber } from './binary-kinds.ts';
import { isPlainData } from './is-plain-data.ts';
import { refuseUnknown } from './refusal.ts';
import { type ErrorRecord, errorBases, type Special, substituteValues } from './substitute-values.ts';
import { surveyValue } from './survey-value.ts';

/** Name of the codec. */
export const structuredCodec = 'v8/1';

const errorsLabel = 'errors';
// Numbers below are kinds of binary data. Never reuse one.
const tags = { error: 1000, url: 1001, temporal: 1002, file: 1003 } as const;

/** Underscored members are Node's documented hooks for subclasses; its types leave them out. */
interface WriterHooks {
  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
}

/** The bytes of a value, and what its label says besides the codec's name. */
export interface StructuredBytes {
  readonly rest: readonly string[];
  readonly body: Uint8Array;
  /** The stored files that it refers to. */
  readonly files: readonly StoredFileFacts[];
}

/** Writes a value; throws `ARTIFACT_UNSUPPORTED` with the path of what is no data. `root` is how paths begin: `this.model`. */
export function writeStructured(root: string, value: unknown): StructuredBytes {
  const isPlain =
    typeof value === 'object' && value !== null
      ? isPlainData(value)
      : typeof value !== 'function' && typeof value !== 'symbol';
  const survey = isPlain ? undefined : surveyValue(root, value);
  if (survey?.special !== true) return { rest: [], body: write(root, value, new Map()), files: [] };
  const files = survey.files.map((file) => storedFileFacts(root, file));
  const { value: copy, specials, errors } = substituteValues(value);
  const hasErrors = errors.length > 0;
  return {
    rest: hasErrors ? [errorsLabel] : [],
    body: write(root, hasErrors ? [copy, errors] : copy, specials),
    files,
  };
}

function write(root: string, value: unknown, specials: ReadonlyMap<object, Special>): Uint8Array {
  const writer = new ValueWriter(root, specials);
  writer.writeHeader();
  try {
    writer.writeValue(value);
  } catch (error) {
    // V8 found what the quick look did not (a Proxy, a getter that returned a function): name the place if we can.
    if (specials.size === 0) surveyValue(root, value);
    throw refuseUnknown(root, error);
  }
  return writer.releaseBuffer();
}

class ValueWriter extends v8.Serializer {
  readonly #root: string;
  readonly #specials: ReadonlyMap<object, Special>;

  constructor(root: string, specials: ReadonlyMap<object, Special>) {
    super();
    this.#root = root;
    this.#specials = specials;
    // oxlint-disable-next-line no-underscore-dangle -- Node's name
    (this as unknown as WriterHooks)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(value: object): void {
    const special = this.#specials.get(value);
    if (special !== undefined) return this.#writeSpecial(special);
    const kind = ArrayBuffer.isView(value) ? binaryKind(value) : undefined;
    if (kind === undefined) throw new TypeError('it holds an object that belongs to native code');
    this.writeUint32(kindNumber(kind));
    this.#writeBytes(bytesOf(value as ArrayBufferView));
  }

  _getDataCloneError(message: string): Error {
    return new TypeError(message);
  }

  #writeSpecial(special: Special): void {
    this.writeUint32(tags[special.kind]);
    switch (special.kind) {
      case 'error':
        this.writeUint32(special.number);
        return this.#writeText(special.base);
      case 'url':
        return this.#writeText(special.text);
      case 'temporal':
        this.#writeText(special.className);
        return this.#writeText(special.text);
      case 'file': {
        const { name, size, hash } = storedFileFacts(this.#root, special.file);
        this.#writeText(name);
        this.writeDouble(size);
        return this.#writeText(hash);
      }
    }
  }

  #writeText(text: string): void {
    this.#writeBytes(Buffer.from(text, 'utf8'));
  }

  #writeBytes(bytes: Uint8Array): void {
    this.writeUint64(Math.floor(bytes.byteLength / 2 ** 32), bytes.byteLength % 2 ** 32);
    this.writeRawBytes(bytes);
  }
}

/** Makes the object that stands for a stored file. */
export type MakeFile = (facts: StoredFileFacts) => object;

/** Reads what {@link writeStructured} wrote. Runs no code of users. Throws a plain error when the bytes are not such. */
export function readStructured(body: Uint8Array, rest: string, makeFile: MakeFile): unknown {
  const reader = new ValueReader(body, makeFile);
  reader.readHeader();
  const value: unknown = reader.readValue();
  if (rest !== errorsLabel) return value;
  const [inner, records] = value as [unknown, ErrorRecord[]];
  for (const [number, error] of reader.errors) {
    const record = records[number];
    if (record === undefined) throw new RangeError('an error is missing from the table of errors');
    fillError(error, record);
  }
  return inner;
}

class ValueReader extends v8.Deserializer {
  readonly errors: Map<number, Error> = new Map();
  readonly #makeFile: MakeFile;

  constructor(body: Uint8Array, makeFile: MakeFile) {
    super(body);
    this.#makeFile = makeFile;
  }

  _readHostObject(): object {
    const tag = this.readUint32();
    switch (tag) {
      case tags.error:
        return this.#readError();
      case tags.url:
        return new URL(this.#readText());
      case tags.temporal:
        return readTemporal(this.#readText(), this.#readText());
      case tags.file:
        return this.#makeFile({ name: this.#readText(), size: this.readDouble(), hash: this.#readText() });
      default:
        return this.#readBinary(tag);
    }
  }

  /** An empty error for now: its fields may lead back to it, so they are filled in when all are read. */
  #readError(): Error {
    const number = this.readUint32();
    const error = makeError(this.#readText());
    this.errors.set(number, error);
    return error;
  }

  #readBinary(tag: number): object {
    const kind = kindByNumber(tag);
    const bytes = this.#readBytes();
    // A copy even when nothing else shares the input: a small array would keep all of it in memory.
    const value = kind === undefined ? undefined : fromBytes(kind, new Uint8Array(bytes));
    if (value === undefined)
      throw new TypeError(
        `binary data of kind ${kind ?? tag} cannot be read by this Node, ${process.version}`,
      );
    return value;
  }

  #readText(): string {
    return this.#readBytes().toString('utf8');
  }

  #readBytes(): Buffer {
    const [high, low] = this.readUint64();
    return this.readRawBytes(high * 2 ** 32 + low);
  }
}

function makeError(base: string): Error {
  const known = errorBases.find((name) => name === base) ?? 'Error';
  const Kind = (globalThis as unknown as Record<string, ErrorConstructor>)[known] ?? Error;
  // `AggregateError` alone has a list before its message.
  return known === 'AggregateError' ? (Reflect.construct(Kind, [[]]) as Error) : new Kind();
}

function fillError(error: Error, { name, message, stack, fields }: ErrorRecord): void {
  const define = (key: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
  };
  if (name !== undefined) define('name', name, false);
  if (message !== undefined) define('message', message, false);
  define('stack', stack, false);
  if (message === undefined) delete (error as { message?: unknown }).message;
  delete (error as { errors?: unknown }).errors;
  for (const [key, value] of Object.entries(fields)) define(key, value, key !== 'cause' && key !== 'errors');
}

interface TemporalClass {
  from(text: string): object;
}

function readTemporal(name: string, text: string): object {
  const made = (globalThis as { Temporal?: Readonly<Record<string, TemporalClass>> }).Temporal?.[name];
  if (made === undefined)
    throw new TypeError(
      `Temporal.${name} cannot be read by this Node, ${process.version}: it has no Temporal`,
    );
  return made.from(text);
}
