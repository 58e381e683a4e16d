import type { Datastore } from '../../datastore/datastore.ts';

/**
 * A datastore that an engine writes to only while it may. No lease guards objects, so an engine that stood still for longer than its
 * lease must ask for itself before each write.
 *
 * @param requireLease throws when the lease may be another engine's by now
 */
export function fenceStore(store: Datastore, requireLease: () => void): Datastore {
  const fenced =
    <A extends readonly unknown[], R>(write: (...given: A) => R): ((...given: A) => R) =>
    (...given) => {
      requireLease();
      return write(...given);
    };
  const fencedLater =
    <A extends readonly unknown[], R>(write: (...given: A) => Promise<R>): ((...given: A) => Promise<R>) =>
    async (...given) => {
      requireLease();
      return write(...given);
    };
  return {
    url: store.url,
    driver: store.driver,
    get: async (key, range) => store.get(key, range),
    getSync: (key, range) => store.getSync(key, range),
    getStream: async (key) => store.getStream(key),
    put: fencedLater(async (key, parts) => store.put(key, parts)),
    putSync: fenced((key, parts) => {
      store.putSync(key, parts);
    }),
    putStream: fencedLater(async (key, source) => store.putStream(key, source)),
    create: fencedLater(async (key, parts) => store.create(key, parts)),
    createSync: fenced((key, parts) => store.createSync(key, parts)),
    stat: async (key) => store.stat(key),
    statSync: (key) => store.statSync(key),
    list: (prefix) => store.list(prefix),
    delete: fencedLater(async (keys) => store.delete(keys)),
    append: fencedLater(async (key, bytes) => store.append(key, bytes)),
    createLogSync: fenced((key) => store.createLogSync(key)),
    localPath: (key) => store.localPath(key),
    close: async () => store.close(),
  };
}
