import { createHash } from 'node:crypto';
import type { Datastore } from '../../datastore/datastore.ts';
import { packagePrefix } from '../../datastore/keys.ts';
import { setAside } from '../../datastore/set-aside.ts';
import { isLeatError } from '../../errors/index.ts';
import { factsName, type PackageFacts } from '../../package/code-package.ts';
import { type Examination, messageOf, placeOf } from './examination.ts';

/** A file of a package and what is wrong with it. */
interface Broken {
  readonly key: string;
  readonly reason: string;
}

/** Checks that all files of a code package are there and whole; `run` is one that ran it. */
export async function checkPackage(examination: Examination, hash: string, run: string): Promise<void> {
  const broken = await firstBroken(examination, hash);
  if (broken === undefined) return;
  const repaired = examination.repair ? await makeRoom(examination.datastore, hash, broken) : undefined;
  examination.report({
    level: 'error',
    kind: 'package-damaged',
    message: `the code of '${run}' is damaged: '${broken.key}': ${broken.reason}`,
    meaning:
      'Runs of this code cannot be recovered, and `leat code` cannot show it. Their results are not touched.',
    repair: `${repaired === undefined ? 'leat doctor --repair, then ' : ''}leat resume ${run}: it stores the code of the flow's file again`,
    ...placeOf(examination.datastore, broken.key),
    run,
    ...(repaired === undefined ? {} : { repaired }),
  });
}

async function firstBroken({ datastore, quick }: Examination, hash: string): Promise<Broken | undefined> {
  const prefix = packagePrefix(hash);
  const factsKey = prefix + factsName;
  try {
    const head = await datastore.get(factsKey);
    if (head === undefined) return { key: factsKey, reason: 'it is gone from the datastore' };
    const facts = JSON.parse(Buffer.from(head).toString('utf8')) as PackageFacts;
    if (facts.hash !== hash) return { key: factsKey, reason: 'it is that of another package' };
    for (const file of facts.files) {
      const reason = await faultOfFile(datastore, prefix + file.name, file, quick);
      if (reason !== undefined) return { key: prefix + file.name, reason };
    }
    return undefined;
  } catch (error) {
    return { key: factsKey, reason: isLeatError(error) ? messageOf(error) : 'it is torn' };
  }
}

async function faultOfFile(
  datastore: Datastore,
  key: string,
  expected: { readonly size: number; readonly hash: string },
  quick: boolean,
): Promise<string | undefined> {
  const facts = await datastore.stat(key);
  if (facts === undefined) return 'it is gone from the datastore';
  if (facts.size !== expected.size) return `it has ${facts.size} bytes where ${expected.size} were written`;
  if (quick) return undefined;
  const sum = createHash('sha256');
  for await (const piece of (await datastore.getStream(key)) ?? []) sum.update(piece);
  return sum.digest('hex') === expected.hash ? undefined : 'its content has another hash than was written';
}

/** Without its facts a package counts as not stored, and the next run with the same code stores all of it again. */
async function makeRoom(datastore: Datastore, hash: string, { key }: Broken): Promise<string> {
  const factsKey = packagePrefix(hash) + factsName;
  try {
    const moved = await setAside(datastore, factsKey);
    if (key !== factsKey) await setAside(datastore, key);
    return `moved to '${moved}'`;
  } catch (error) {
    return `could not be moved: ${messageOf(error)}`;
  }
}
