/**
 * V8's serialisation as the runner's bundle has it (see `light-builtins.ts`): small plain values are written and read
 * here, byte for byte as V8 does, since loading `node:v8` takes longer than most tasks. All else goes to Node. One value
 * for each object, after its header.
 */
import type v8 from 'node:v8';

/* oxlint-disable no-underscore-dangle -- the hooks of Node's serialisers have such names */

/** The version of the format that is written and read here; data of another version goes to Node. */
const version = 15;
const mostNodes = 500;
/** Integers that are small in every build of V8. */
const smallest = -(2 ** 30);
const largest = 2 ** 30 - 1;

/** Node's documented hooks for subclasses; its types leave them out. */
interface Hooks {
  _writeHostObject?(object: object): void;
  _readHostObject?(): object;
  _getDataCloneError?(message: string): Error;
  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
}

const node = (): typeof v8 => process.getBuiltinModule('node:v8');

let refusal: Error | undefined;
/** Thrown where a value or its bytes need V8: one for all, since nobody sees its stack, and made only where it is needed. */
const tooMuch = (): Error => (refusal ??= new Error('more than is done here'));

function attempt<T>(act: () => T): { readonly done: T } | undefined {
  try {
    return { done: act() };
  } catch (error) {
    if (error === refusal || error instanceof RangeError) return undefined;
    throw error;
  }
}

const latin1 = /^[\0-\u00ff]*$/;
const indexLike = /^(?:0|[1-9]\d*)$/;

class Writer {
  readonly #bytes: number[] = [0xff, version];
  readonly #seen = new Set<object>();
  #nodes = 0;

  get bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }

  value(value: unknown): void {
    this.#nodes += 1;
    if (this.#nodes > mostNodes) throw tooMuch();
    if (value === undefined) this.#tag('_');
    else if (value === null) this.#tag('0');
    else if (typeof value === 'boolean') this.#tag(value ? 'T' : 'F');
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'object') this.#object(value);
    else throw tooMuch();
  }

  #tag(letter: string): void {
    this.#bytes.push(letter.charCodeAt(0));
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes.push((rest % 128) + 128);
    this.#bytes.push(rest);
  }

  #number(value: number): void {
    if (Number.isInteger(value) && value >= smallest && value <= largest && !Object.is(value, -0)) {
      this.#tag('I');
      this.#varint(value < 0 ? -value * 2 - 1 : value * 2);
      return;
    }
    // What is a small integer for one build of V8 is a double for another.
    if (Number.isNaN(value) || (Number.isInteger(value) && Math.abs(value) <= 2 ** 31)) throw tooMuch();
    const double = Buffer.alloc(8);
    double.writeDoubleLE(value);
    this.#tag('N');
    this.#bytes.push(...double);
  }

  #text(text: string): void {
    if (text.length > mostNodes || !latin1.test(text)) throw tooMuch();
    this.#tag('"');
    this.#varint(text.length);
    this.#bytes.push(...Buffer.from(text, 'latin1'));
  }

  #object(value: object): void {
    // V8 writes an object that it has seen as a reference.
    if (this.#seen.has(value)) throw tooMuch();
    this.#seen.add(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (Array.isArray(value) && prototype === Array.prototype) this.#array(value);
    else if (prototype === Object.prototype) this.#record(value as Record<string, unknown>);
    else throw tooMuch();
  }

  #array(value: readonly unknown[]): void {
    // No holes, and nothing but elements.
    if (Object.keys(value).length !== value.length) throw tooMuch();
    this.#tag('A');
    this.#varint(value.length);
    for (const element of value) this.value(element);
    this.#tag('$');
    this.#varint(0);
    this.#varint(value.length);
  }

  #record(value: Readonly<Record<string, unknown>>): void {
    const keys = Object.keys(value);
    this.#tag('o');
    for (const key of keys) {
      if (indexLike.test(key) || !('value' in (Object.getOwnPropertyDescriptor(value, key) ?? {})))
        throw tooMuch();
      this.#text(key);
      this.value(value[key]);
    }
    this.#tag('{');
    this.#varint(keys.length);
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  #nodes = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#byte() !== 0xff || this.#byte() !== version) throw tooMuch();
  }

  value(): unknown {
    this.#nodes += 1;
    if (this.#nodes > mostNodes) throw tooMuch();
    switch (String.fromCharCode(this.#byte())) {
      case '_':
        return undefined;
      case '0':
        return null;
      case 'T':
        return true;
      case 'F':
        return false;
      case 'I':
        return this.#integer();
      case 'N':
        return this.#double();
      case '"':
        return this.#text();
      case 'A':
        return this.#array();
      case 'o':
        return this.#record();
      default:
        throw tooMuch();
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw tooMuch();
    this.#at += 1;
    return byte;
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 35; factor *= 128) {
      const byte = this.#byte();
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
    throw tooMuch();
  }

  #integer(): number {
    const zigzag = this.#varint();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  #double(): number {
    this.#at += 8;
    return this.#bytes.readDoubleLE(this.#at - 8);
  }

  #text(): string {
    const length = this.#varint();
    this.#at += length;
    if (this.#at > this.#bytes.length) throw tooMuch();
    return this.#bytes.toString('latin1', this.#at - length, this.#at);
  }

  #array(): unknown[] {
    const length = this.#varint();
    if (length > mostNodes) throw tooMuch();
    const array = Array.from({ length }, () => this.value());
    if (String.fromCharCode(this.#byte()) !== '$' || this.#varint() !== 0 || this.#varint() !== length)
      throw tooMuch();
    return array;
  }

  #record(): object {
    const record: Record<string, unknown> = {};
    for (let count = 0; ; count += 1) {
      const tag = String.fromCharCode(this.#byte());
      if (tag === '{' && this.#varint() === count) return record;
      if (tag !== '"') throw tooMuch();
      const key = this.#text();
      // A key of this name is data like any other: an assignment would set the prototype.
      if (key === '__proto__') throw tooMuch();
      record[key] = this.value();
    }
  }
}

/** Stands for `v8.Serializer`. */
export class Serializer implements Hooks {
  #real: v8.Serializer | undefined;
  #light: Buffer | undefined;
  #viewsAsHostObjects = false;
  declare _writeHostObject?: (object: object) => void;
  declare _getDataCloneError?: (message: string) => Error;

  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void {
    this.#viewsAsHostObjects = flag;
  }

  writeHeader(): void {
    // Goes before the value, whoever writes it.
  }

  writeValue(value: unknown): boolean {
    const writer = new Writer();
    if (attempt(() => writer.value(value)) !== undefined) {
      this.#light = writer.bytes;
      return true;
    }
    const real = this.#open();
    real.writeHeader();
    return real.writeValue(value);
  }

  releaseBuffer(): Buffer {
    return this.#light ?? this.#open().releaseBuffer();
  }

  writeUint32(value: number): void {
    this.#open().writeUint32(value);
  }

  writeUint64(high: number, low: number): void {
    this.#open().writeUint64(high, low);
  }

  writeDouble(value: number): void {
    this.#open().writeDouble(value);
  }

  writeRawBytes(bytes: NodeJS.TypedArray): void {
    this.#open().writeRawBytes(bytes);
  }

  #open(): v8.Serializer {
    if (this.#real !== undefined) return this.#real;
    const real = new (node().Serializer)();
    const hooks = real as unknown as Hooks;
    hooks._setTreatArrayBufferViewsAsHostObjects(this.#viewsAsHostObjects);
    if (this._writeHostObject !== undefined)
      hooks._writeHostObject = (object) => this._writeHostObject?.(object);
    const makeError = this._getDataCloneError;
    if (makeError !== undefined) hooks._getDataCloneError = (message) => makeError.call(this, message);
    this.#real = real;
    return real;
  }
}

/** Stands for `v8.Deserializer`. */
export class Deserializer {
  readonly #bytes: NodeJS.TypedArray;
  #real: v8.Deserializer | undefined;
  declare _readHostObject?: () => object;

  constructor(bytes: NodeJS.TypedArray) {
    this.#bytes = bytes;
  }

  readHeader(): boolean {
    return true;
  }

  readValue(): unknown {
    const light = attempt(() => new Reader(this.#bytes as Uint8Array).value());
    if (light !== undefined) return light.done;
    const real = this.#open();
    real.readHeader();
    return real.readValue() as unknown;
  }

  readUint32(): number {
    return this.#open().readUint32();
  }

  readUint64(): [number, number] {
    return this.#open().readUint64();
  }

  readDouble(): number {
    return this.#open().readDouble();
  }

  readRawBytes(length: number): Buffer {
    return this.#open().readRawBytes(length);
  }

  #open(): v8.Deserializer {
    if (this.#real !== undefined) return this.#real;
    const real = new (node().Deserializer)(this.#bytes);
    if (this._readHostObject !== undefined)
      (real as unknown as Hooks)._readHostObject = () => this._readHostObject?.() ?? {};
    this.#real = real;
    return real;
  }
}
