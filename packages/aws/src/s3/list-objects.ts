/** The objects of a datastore as it shows them: without the parts of logs, and logs with the size of all their parts. */
import type { ObjectFacts } from 'leat/datastore';
import type { S3Api, S3Object } from './api.ts';
import { parsePartName } from './log/log-parts.ts';
import { logsPrefix, ownPrefix } from './object-key.ts';
import type { S3Location } from './s3-location.ts';

/** All objects in a bucket whose names start with `prefix`; one page is asked for while the one before is looked at. */
export async function* listNames(api: S3Api, prefix: string): AsyncGenerator<S3Object> {
  for (let asked = api.list(prefix); ;) {
    const { objects, next } = await asked;
    if (next !== undefined) {
      asked = api.list(prefix, next);
      // Whoever stops looking leaves it alone.
      asked.catch(() => undefined);
    }
    yield* objects;
    if (next === undefined) return;
  }
}

/** The objects whose keys start with `prefix`. */
export async function* listKeys(
  api: S3Api,
  location: S3Location,
  prefix: string,
): AsyncGenerator<ObjectFacts> {
  const base = location.prefix;
  const grown = new GrownLogs(api, location, prefix);
  for await (const { name, size, modifiedAt } of listNames(api, base + prefix)) {
    const key = name.slice(base.length);
    // Names that end in `/` are what consoles make of folders.
    if (key.startsWith(ownPrefix) || key.endsWith('/')) continue;
    const parts = await grown.of(key);
    yield {
      key,
      size: Math.max(size, parts?.end ?? 0),
      modifiedAt: Math.max(modifiedAt, parts?.modifiedAt ?? 0),
    };
  }
}

interface Grown {
  readonly end: number;
  readonly modifiedAt: number;
}

interface Ahead {
  readonly key: string;
  readonly bytes: Buffer;
  readonly part: Grown;
}

/**
 * What logs have in parts, read alongside the list of the objects: both come in the order of their names, so little is held. Where a
 * server has another order, the sizes that are told are those of the first objects.
 */
class GrownLogs {
  readonly #location: S3Location;
  readonly #names: AsyncGenerator<S3Object>;
  readonly #found = new Map<string, Grown>();
  #ahead: Ahead | undefined;
  #ended = false;

  constructor(api: S3Api, location: S3Location, prefix: string) {
    this.#location = location;
    this.#names = listNames(api, location.prefix + logsPrefix + prefix);
  }

  /** Asked for in the order of the names. */
  async of(key: string): Promise<Grown | undefined> {
    const bytes = Buffer.from(key);
    for (;;) {
      this.#ahead ??= await this.#next();
      if (this.#ahead === undefined || Buffer.compare(this.#ahead.bytes, bytes) > 0) break;
      this.#add(this.#ahead.key, this.#ahead.part);
      this.#ahead = undefined;
    }
    const found = this.#found.get(key);
    this.#found.delete(key);
    return found;
  }

  #add(key: string, part: Grown): void {
    const known = this.#found.get(key) ?? { end: 0, modifiedAt: 0 };
    this.#found.set(key, {
      end: Math.max(known.end, part.end),
      modifiedAt: Math.max(known.modifiedAt, part.modifiedAt),
    });
  }

  async #next(): Promise<Ahead | undefined> {
    while (!this.#ended) {
      const next = await this.#names.next();
      if (next.done === true) this.#ended = true;
      const part = next.done === true ? undefined : next.value;
      const place = part === undefined ? undefined : parsePartName(this.#location, part.name);
      if (part === undefined || place === undefined) continue;
      const { key, start } = place;
      return { key, bytes: Buffer.from(key), part: { end: start + part.size, modifiedAt: part.modifiedAt } };
    }
    return undefined;
  }
}
