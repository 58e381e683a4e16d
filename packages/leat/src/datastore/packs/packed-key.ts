/** The manifest of one member of a chunk: a range of bytes of the chunk's pack. */
export interface PackedPlace {
  /** Key of the pack. */
  readonly pack: string;
  /** Where the manifest's JSON begins, in bytes. */
  readonly offset: number;
  readonly length: number;
}

/** What stands wherever a manifest's key may stand: `runs/TrainFlow/417/score/ab12.pack#1024+310`. */
export const formatPackedKey = ({ pack, offset, length }: PackedPlace): string =>
  `${pack}#${offset}+${length}`;

const packedKey = /^(?<pack>[^#]+)#(?<offset>\d{1,15})\+(?<length>\d{1,15})$/;

/** The inverse of {@link formatPackedKey}; `undefined` for the key of a manifest that is an object of its own. */
export function parsePackedKey(key: string): PackedPlace | undefined {
  // Most keys are none, and there may be a million of them.
  if (!key.includes('#')) return undefined;
  const groups = packedKey.exec(key)?.groups;
  if (groups === undefined) return undefined;
  return {
    pack: groups['pack'] as string,
    offset: Number(groups['offset']),
    length: Number(groups['length']),
  };
}

/** The object that holds a manifest: its own, or a pack. */
export const manifestObject = (key: string): string => parsePackedKey(key)?.pack ?? key;
