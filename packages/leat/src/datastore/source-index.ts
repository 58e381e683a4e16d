/**
 * What a join of a foreach joins when no rule names it all: one compact object, written by the engine, read in parts by the
 * join's process. A fixed header; a JSON table of what repeats (where results come from, packs) and of where blocks begin; then
 * blocks of neighbouring places, each place as four small numbers: which source, which pack, and how far its manifest lies
 * behind the one before. A million places take a few MB, and a part of them is read without the rest.
 */
import { corrupt } from './blob-format.ts';
import type { Datastore } from './datastore.ts';
import { manifestKey, type TaskAddress } from './keys.ts';
import { formatPackedKey } from './packs/packed-key.ts';
import { NumberReader, NumberWriter } from './small-numbers.ts';
import type { SourceColumns } from './source-columns.ts';

/** One input of a join. */
export interface JoinedPlace {
  readonly address: TaskAddress;
  /** Key of the manifest that decided the task. */
  readonly manifest: string;
}

interface Table extends Pick<SourceColumns, 'flow' | 'path' | 'kinds' | 'packs' | 'count'> {
  /** Bytes of each block. */
  readonly blocks: readonly number[];
}

interface Block {
  readonly kind: Float64Array;
  readonly pack: Float64Array;
  readonly offset: Float64Array;
  readonly length: Float64Array;
}

const magic = 'LEATSRC1';
const headerBytes = 16;
const blockPlaces = 256;
const keptBlocks = 16;

/** The parts of the object that lists the inputs of a join, ready for `put`. */
export function encodeSources(columns: SourceColumns): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let first = 0; first < columns.count; first += blockPlaces) blocks.push(encodeBlock(columns, first));
  const { flow, path, kinds, packs, count } = columns;
  const table: Table = {
    flow,
    path,
    kinds,
    packs,
    count,
    blocks: blocks.map(({ byteLength }) => byteLength),
  };
  const text = Buffer.from(JSON.stringify(table), 'utf8');
  const header = Buffer.alloc(headerBytes);
  header.write(magic, 'latin1');
  header.writeUInt32LE(text.byteLength, magic.length);
  return [header, text, ...blocks];
}

function encodeBlock({ count, kind, pack, offset, length }: SourceColumns, first: number): Uint8Array {
  const writer = new NumberWriter();
  const end = Math.min(count, first + blockPlaces);
  let lastPack = 0;
  let lastEnd = 0;
  let lastLength = 0;
  for (let place = first; place < end; place++) {
    const within = pack[place] as number;
    writer.unsigned(kind[place] as number);
    writer.signed(within - lastPack);
    lastPack = within;
    if (within === 0) continue;
    writer.signed((offset[place] as number) - lastEnd);
    writer.signed((length[place] as number) - lastLength);
    lastLength = length[place] as number;
    lastEnd = (offset[place] as number) + lastLength;
  }
  return writer.bytes();
}

/** The inputs of a join as its process sees them. */
export class SourceIndex {
  readonly #store: Datastore;
  readonly #key: string;
  readonly #table: Table;
  /** Where each block begins, and where the last one ends. */
  readonly #starts: Float64Array;
  readonly #blocks = new Map<number, Block>();

  private constructor(store: Datastore, key: string, { table, start }: { table: Table; start: number }) {
    this.#store = store;
    this.#key = key;
    this.#table = table;
    this.#starts = new Float64Array(table.blocks.length + 1);
    this.#starts[0] = start;
    for (const [index, size] of table.blocks.entries())
      this.#starts[index + 1] = (this.#starts[index] as number) + size;
  }

  /** Reads the head of the list. Throws `STORE_CORRUPT` naming `key` when it is gone, damaged, or does not list `count` inputs. */
  static async open(store: Datastore, key: string, count: number): Promise<SourceIndex> {
    const index = await SourceIndex.#open(store, key);
    // Written whole by the engine: what parses is as it was written, but perhaps by another join.
    if (index.#table.count !== count)
      throw corrupt(key, `it lists ${String(index.#table.count)} inputs, expected ${count}`);
    return index;
  }

  /** Reads a whole list. Throws `STORE_CORRUPT` naming `key` when any of it cannot be read. */
  static async verify(store: Datastore, key: string): Promise<void> {
    const index = await SourceIndex.#open(store, key);
    for (let place = 0; place < index.#table.count; place += 1) index.at(place);
  }

  static async #open(store: Datastore, key: string): Promise<SourceIndex> {
    const header = await store.get(key, { start: 0, end: headerBytes });
    if (header === undefined) throw corrupt(key, 'it is gone from the datastore');
    const view = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
    if (view.byteLength < headerBytes || view.toString('latin1', 0, magic.length) !== magic)
      throw corrupt(key, 'it is no list of inputs that this version of Leat reads');
    const start = headerBytes + view.readUInt32LE(magic.length);
    const text = await store.get(key, { start: headerBytes, end: start });
    return new SourceIndex(store, key, { table: parseTable(key, text), start });
  }

  /** Input number `place` of the split. Throws `STORE_CORRUPT` when its part of the list is gone or damaged. */
  at(place: number): JoinedPlace {
    const number = Math.floor(place / blockPlaces);
    const block = this.#blocks.get(number) ?? this.#read(number);
    const row = place % blockPlaces;
    const { flow, path, kinds, packs } = this.#table;
    const kind = kinds[block.kind[row] as number];
    if (kind === undefined) throw this.#damaged();
    const address = { step: kind.step, path: [...path, place], iteration: kind.iteration };
    const inPack = block.pack[row] as number;
    if (inPack === 0) return { address, manifest: manifestKey(flow, kind.run, address, kind.attempt) };
    const pack = packs[inPack - 1];
    if (pack === undefined) throw this.#damaged();
    const [offset, length] = [block.offset[row] as number, block.length[row] as number];
    return { address, manifest: formatPackedKey({ pack, offset, length }) };
  }

  #read(number: number): Block {
    const [start, end] = [this.#starts[number], this.#starts[number + 1]];
    if (start === undefined || end === undefined)
      throw new RangeError(`there is no input ${number * blockPlaces}`);
    const bytes = this.#store.getSync(this.#key, { start, end });
    if (bytes === undefined) throw corrupt(this.#key, 'it is gone from the datastore');
    const block = decodeBlock(bytes, Math.min(blockPlaces, this.#table.count - number * blockPlaces));
    if (block === undefined) throw this.#damaged();
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size >= keptBlocks && oldest !== undefined) this.#blocks.delete(oldest);
    this.#blocks.set(number, block);
    return block;
  }

  #damaged(): Error {
    return corrupt(this.#key, 'its list of inputs is torn');
  }
}

/** `undefined` when the bytes are not just a block of so many places. */
function decodeBlock(bytes: Uint8Array, count: number): Block | undefined {
  const column = (): Float64Array => new Float64Array(count);
  const block: Block = { kind: column(), pack: column(), offset: column(), length: column() };
  const reader = new NumberReader(bytes);
  let pack = 0;
  let offset = 0;
  let length = 0;
  for (let row = 0; row < count; row++) {
    block.kind[row] = reader.unsigned();
    pack += reader.signed();
    block.pack[row] = pack;
    if (pack === 0) continue;
    offset += length + reader.signed();
    length += reader.signed();
    block.offset[row] = offset;
    block.length[row] = length;
  }
  return reader.isAtEnd ? block : undefined;
}

function parseTable(key: string, bytes: Uint8Array | undefined): Table {
  try {
    const table: unknown = JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
    if (isTable(table)) return table;
  } catch (error) {
    throw corrupt(key, 'its list of inputs is torn', error);
  }
  throw corrupt(key, 'its list of inputs is torn');
}

function isTable(value: unknown): value is Table {
  const { blocks, count, kinds, packs, path } = Object(value) as Partial<Record<keyof Table, unknown>>;
  return [blocks, kinds, packs, path].every(Array.isArray) && Number.isSafeInteger(count);
}
