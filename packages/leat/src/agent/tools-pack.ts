/**
 * The files that a job's machine needs, as one: a line of JSON with names and lengths, then their bytes. The bootstrap takes it apart with
 * a few lines of its own (`bootstrap-script.ts`). Pure, but for storing them.
 */
import { createHash } from 'node:crypto';
import type { Datastore } from '../datastore/datastore.ts';
import { toolsPrefix } from '../datastore/keys.ts';
import { isUsableTool } from '../datastore/tool-life.ts';

/** A file of Leat for the job's machine. */
export interface ToolFile {
  /** `agent.cjs`, `runner.cjs`, `program.cjs`; `driver.cjs` for a datastore that is no folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const plainName = /^[\w-]+(?:\.[\w-]+)*$/;

/** The parts of the object that `AgentSetting.tools` links to. @throws TypeError for a name that is a path. */
export function packTools(files: readonly ToolFile[]): readonly Uint8Array[] {
  for (const { name } of files)
    if (!plainName.test(name)) throw new TypeError(`'${name}' is no name of a file of Leat`);
  const table = files.map(({ name, bytes }) => [name, bytes.byteLength]);
  return [Buffer.from(`${JSON.stringify(table)}\n`), ...files.map(({ bytes }) => bytes)];
}

/** Tools that are stored: what `AgentSetting.tools` wants, once there is a link to the key. */
export interface StoredPack {
  readonly key: string;
  readonly sha256: string;
}

/**
 * Stores tools as one object that is named by its content, unless it is there and stays for long enough. `leat gc` leaves what a run that goes on may need.
 *
 * @throws LeatError STORE_UNAVAILABLE
 * @example const { key, sha256 } = await storePack(store, packTools(files));
 */
export async function storePack(store: Datastore, parts: readonly Uint8Array[]): Promise<StoredPack> {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const sha256 = hash.digest('hex');
  const key = `${toolsPrefix(sha256)}tools.pack`;
  if (!isUsableTool(await store.stat(key))) await store.put(key, parts);
  return { key, sha256 };
}
