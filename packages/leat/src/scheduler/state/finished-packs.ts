import { type PackedPlace, parsePackedKey } from '../../datastore/packs/packed-key.ts';

/** Where the manifests of finished tasks lie that are parts of packs: 16 bytes a task, whatever their number. */
export interface PackedResults {
  readonly packs: string[];
  readonly packIds: Map<string, number>;
  size: number;
  /** Four numbers a result: its entry, its pack, offset and length in bytes. */
  rows: Uint32Array;
}

const columns = 4;
const firstRows = 256;
const longest = 2 ** 32;

/** Columns without rows. */
export const emptyPacked = (): PackedResults => ({
  packs: [],
  packIds: new Map(),
  size: 0,
  rows: new Uint32Array(0),
});

/** The number of a pack, made when it is new. */
export function internPack(packed: PackedResults, pack: string): number {
  const known = packed.packIds.get(pack);
  if (known !== undefined) return known;
  packed.packIds.set(pack, packed.packs.length);
  return packed.packs.push(pack) - 1;
}

/** What a row says. */
export interface PackedRow {
  readonly entry: number;
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
}

/** Adds a row and returns its number. */
export function addPacked(packed: PackedResults, { entry, pack, offset, length }: PackedRow): number {
  const at = packed.size * columns;
  if (at === packed.rows.length) {
    const grown = new Uint32Array(Math.max(firstRows * columns, packed.rows.length * 2));
    grown.set(packed.rows);
    packed.rows = grown;
  }
  packed.rows[at] = entry;
  packed.rows[at + 1] = pack;
  packed.rows[at + 2] = offset;
  packed.rows[at + 3] = length;
  packed.size += 1;
  return packed.size - 1;
}

/** The row with a number that {@link addPacked} gave out. */
export function packedRow({ rows }: PackedResults, number: number): PackedRow {
  const at = number * columns;
  return {
    entry: rows[at] as number,
    pack: rows[at + 1] as number,
    offset: rows[at + 2] as number,
    length: rows[at + 3] as number,
  };
}

/** The place that a manifest's key names within a pack, when it fits a row. */
export function packedPlaceOf(manifest: string): PackedPlace | undefined {
  const place = parsePackedKey(manifest);
  return place !== undefined && place.offset < longest && place.length < longest ? place : undefined;
}
