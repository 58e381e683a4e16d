/** A job of Batch as its ids name it: a plain one, or a child of an array. */
export interface ParsedJobId {
  /** The id of the job itself, or of the array. */
  readonly id: string;
  /** Of the child; 0 for a plain job. */
  readonly index: number;
}

const pattern = /^(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?::(?<index>\d{1,5}))?$/;

/** @returns `undefined` for what is no id of Batch. */
export function parseJobId(job: string): ParsedJobId | undefined {
  const groups = pattern.exec(job)?.groups;
  if (groups?.['id'] === undefined) return undefined;
  return { id: groups['id'], index: Number(groups['index'] ?? 0) };
}
