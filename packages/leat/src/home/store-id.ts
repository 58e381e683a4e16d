/**
 * Numbers of runs are given by the metadata, and name places in the datastore. A folder of runs that keeps its metadata to itself has a
 * place of its own where somebody has said where data go, or two projects would write over each other's runs, and each `leat gc` would
 * remove what is the other's. Its name is drawn once and kept in the folder: who begins anew with an empty folder gets another one.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileName = 'store-id';
const form = /^home-[0-9a-f]{12}$/;

const fileIn = (folder: string): string => join(folder, fileName);

/** The name of a folder's place; `undefined` when nothing is kept there yet. */
export function readStoreId(folder: string): string | undefined {
  try {
    const id = readFileSync(fileIn(folder), 'utf8').trim();
    return form.test(id) ? id : undefined;
  } catch {
    return undefined; // no file, no name
  }
}

export const newStoreId = (): string => `home-${randomUUID().replaceAll('-', '').slice(0, 12)}`;

/** Keeps a name, unless another process has kept one meanwhile. Returns the name that holds. */
export function keepStoreId(folder: string, id: string): string {
  try {
    writeFileSync(fileIn(folder), `${id}\n`, { flag: 'wx' });
    return id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readStoreId(folder) ?? id;
  }
}

/** The place of that name under a URL; the URL itself when it names that place. */
export function placeUnder(url: string, id: string): string {
  const base = url.replace(/\/+$/, '');
  return base.endsWith(`/${id}`) ? base : `${base}/${id}`;
}
