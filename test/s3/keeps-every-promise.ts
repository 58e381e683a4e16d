import { datastoreConformance } from '@leat/testing';
import { it } from 'vitest';
import { openS3Datastore, type S3Datastore, type S3DatastoreOptions } from '@leat/aws/s3';

let number = 0;

/** A test for each promise of a datastore, each in a place of its own in the bucket. */
export function keepsEveryPromise(
  bucket: string,
  options: () => S3DatastoreOptions,
  skip: (name: string) => boolean = () => false,
): void {
  for (const { name, run } of datastoreConformance.filter((one) => !skip(one.name))) {
    it(
      name,
      async () => {
        number += 1;
        const place = `s3://${bucket}/conformance/${process.pid}-${number}`;
        const opened: S3Datastore[] = [];
        const connect = async () => {
          const store = openS3Datastore(place, options());
          opened.push(store);
          return store;
        };
        try {
          await run({ store: await connect(), connect });
        } finally {
          for (const store of opened) await store.close();
        }
      },
      300_000,
    );
  }
}
