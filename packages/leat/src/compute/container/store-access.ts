/** The way of tasks to a datastore that is no folder: variables for each of them, and a folder with secrets that are renewed while they run. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatastoreAccess } from '../../datastore/datastore-access.ts';
import type { LayerContext } from '../compute-layer.ts';
import { type After, soon } from './after.ts';
import { places } from './init-script.ts';

/** After a renewal that failed. In milliseconds. */
const againMs = 30_000;

/** What a {@link StoreAccess} is made of. */
export interface StoreAccessSetting {
  readonly context: Pick<LayerContext, 'datastore' | 'storeAccess' | 'tell'>;
  /** Where the files may lie: other users of this machine cannot look into it. It need not be there. */
  readonly folder: string;
  readonly after?: After;
  readonly now?: () => number;
}

export class StoreAccess {
  /** To be mounted at {@link places.access}; `undefined`: there is nothing in it. */
  readonly folder: string | undefined;
  /** The network that a task needs when nobody says: that of this machine, where the datastore listens on it; else any. */
  readonly network: 'host' | undefined;
  /** Variables that a task gets, in its message and nowhere else. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #setting: StoreAccessSetting;
  #forget: () => void = () => undefined;
  #closed = false;

  private constructor(setting: StoreAccessSetting, { environment, files, onLoopback }: DatastoreAccess) {
    this.#setting = setting;
    this.environment = environment;
    this.folder = Object.keys(files).length === 0 ? undefined : setting.folder;
    this.network = onLoopback ? 'host' : undefined;
  }

  /** Asks the datastore, and keeps the files fresh until it is closed. @throws LeatError STORE_UNAVAILABLE when there are no credentials. */
  static async open(setting: StoreAccessSetting): Promise<StoreAccess> {
    const { datastore, storeAccess } = setting.context;
    const found = isFolder(datastore) ? undefined : await storeAccess?.(places.access);
    const access = new StoreAccess(setting, found ?? { environment: {}, files: {}, onLoopback: false });
    if (found !== undefined) await access.#keep(found);
    return access;
  }

  close(): void {
    this.#closed = true;
    this.#forget();
  }

  async #keep({ files, renewAt }: DatastoreAccess): Promise<void> {
    const { folder, now = Date.now } = this.#setting;
    if (this.folder !== undefined) await writeFiles(folder, files);
    if (renewAt !== undefined) this.#renewIn(Math.max(0, renewAt - now()));
  }

  #renewIn(ms: number): void {
    if (!this.#closed) this.#forget = (this.#setting.after ?? soon)(ms, () => void this.#renew());
  }

  /** What goes on with the old keys as long as they hold is better off than what is ended. */
  async #renew(): Promise<void> {
    const { context } = this.#setting;
    try {
      const found = await context.storeAccess?.(places.access);
      if (found !== undefined && !this.#closed) await this.#keep(found);
    } catch (error) {
      context.tell?.(`the credentials of tasks in containers cannot be renewed: ${(error as Error).message}`);
      this.#renewIn(againMs);
    }
  }
}

/** Readable for all, since the user of a container may be another one. A reader finds the old text or the new one, never a half. */
async function writeFiles(folder: string, files: DatastoreAccess['files']): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const draft = path.join(folder, `.${name}`);
    await writeFile(draft, text, { mode: 0o644 });
    await rename(draft, path.join(folder, name));
  }
}

/** Whether it is mounted. */
export const isFolder = (datastore: string): boolean => datastore.startsWith('file:');
