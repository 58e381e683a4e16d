/**
 * What `leat doctor` looks at, in order: the database, each run and all that it refers to, then what no run has led to. One
 * thing that is broken never keeps the rest from being looked at, and memory does not grow with the store. Changes nothing
 * unless it is asked to, and then only what nobody can miss: see {@link ExamineOptions.repair}.
 */
import type { Datastore } from '../../datastore/datastore.ts';
import { isLeatError } from '../../errors/index.ts';
import { isDriven } from '../../metadata/is-driven.ts';
import type { MetadataStore, RunQuery, RunRecord } from '../../metadata/metadata-store.ts';
import { allRuns, type DataPlace } from '../all-runs.ts';
import { checkManifestsAlone, checkRunFolders, checkTemporary, checkUnreferenced } from './check-objects.ts';
import { checkPackage } from './check-package.ts';
import { checkRun } from './check-run.ts';
import { Contents } from './contents.ts';
import { type Examination, messageOf } from './examination.ts';
import type { Finding, FindingLevel, Report } from './finding.ts';
import { Manifests } from './manifests.ts';

/** How to look. */
export interface ExamineOptions {
  /** Only these runs, and no looking for what nothing refers to. All of the store unless told. */
  readonly only?: Pick<RunQuery, 'flow'> & { readonly id?: string };
  /** Only runs whose data are there: the metadata know runs of other datastores too. */
  readonly here?: DataPlace;
  /** Leave out what reads all bytes: hashes of content and of packages, lines of packs, lists of joins, and the logs of runs. */
  readonly quick?: boolean;
  /**
   * Move damaged content and packages aside, so that whoever needs them stores them again, and remove temporary files that
   * have no writer any more. While an engine drives a run here, nothing is moved.
   */
  readonly repair?: boolean;
  /** Told of each finding as soon as it is made. */
  readonly report: Report;
  /** Told from time to time how far it is. */
  readonly progress?: (checked: ExaminedCounts) => void;
  /** Milliseconds since the epoch; the clock unless told. */
  readonly now?: number;
}

/** How much was looked at. */
export interface ExaminedCounts {
  readonly runs: number;
  readonly manifests: number;
  /** Values, files and items. */
  readonly objects: number;
}

/** What came out. */
export interface Examined extends ExaminedCounts {
  readonly findings: Readonly<Record<FindingLevel, number>>;
}

/** What to look at; without metadata, or when they cannot be read, the datastore is checked alone. */
export interface ExaminedStores {
  readonly metadata: MetadataStore | undefined;
  readonly datastore: Datastore;
}

const progressEveryMs = 100;

/** Looks at everything, and says how much of what was found. Throws only for a defect of Leat. */
export async function examineStores(
  { metadata, datastore }: ExaminedStores,
  options: ExamineOptions,
): Promise<Examined> {
  const { quick = false, now = Date.now() } = options;
  const findings = { error: 0, warning: 0, note: 0 };
  const report = (finding: Finding): void => {
    findings[finding.level] += 1;
    options.report(finding);
  };
  const repair = options.repair === true && (await mayRepair(metadata, report, now));
  const contents = new Contents(datastore, { quick, repair });
  const manifests = new Manifests(datastore);
  const examination = { datastore, contents, manifests, report, quick, repair, now };
  const counts = { runs: 0 };
  const counted = (): ExaminedCounts => ({
    runs: counts.runs,
    manifests: manifests.checked,
    objects: contents.checked,
  });
  const timer = setInterval(() => options.progress?.(counted()), progressEveryMs);
  try {
    await examine(examination, metadata, options, counts);
  } finally {
    clearInterval(timer);
  }
  return { ...counted(), findings };
}

/** What an engine is about to refer to must not move. */
async function mayRepair(metadata: MetadataStore | undefined, report: Report, now: number): Promise<boolean> {
  const refuse = (message: string, repair: string): false => {
    report({
      level: 'warning',
      kind: 'set-aside',
      message,
      meaning: 'Everything is checked all the same.',
      repair,
    });
    return false;
  };
  if (metadata === undefined)
    return refuse(
      'nothing is repaired without metadata',
      'Put them in order first, then leat doctor --repair.',
    );
  try {
    for await (const run of allRuns(metadata, { status: 'running' })) {
      if (!isDriven(run, now)) continue;
      const address = `${run.flow}/${run.id}`;
      return refuse(
        `nothing is repaired while '${run.lease?.owner}' drives '${address}'`,
        'leat doctor --repair again, when it has ended.',
      );
    }
    return true;
  } catch (error) {
    return refuse(`nothing is repaired: ${messageOf(error)}`, 'Put the metadata in order first.');
  }
}

async function examine(
  examination: Examination,
  metadata: MetadataStore | undefined,
  { only, quick = false, here }: ExamineOptions,
  counts: { runs: number },
): Promise<void> {
  if (metadata !== undefined) await checkDatabase(examination, metadata, quick);
  const known = metadata !== undefined && (await checkRuns(examination, metadata, { ...only, here }, counts));
  if (only !== undefined) return;
  await guarded(examination, 'the datastore', async () => {
    if (known) await checkRunFolders(examination, metadata);
    else await checkManifestsAlone(examination);
    await checkUnreferenced(examination, known);
    await checkTemporary(examination);
  });
}

async function checkDatabase(
  examination: Examination,
  metadata: MetadataStore,
  quick: boolean,
): Promise<void> {
  await guarded(examination, 'the metadata', async () => {
    for (const fault of (await metadata.checkIntegrity?.({ quick })) ?? []) {
      examination.report({
        level: 'error',
        kind: 'metadata-damaged',
        message: `the database in '${metadata.url}' is damaged: ${fault}`,
        meaning: 'Some runs may be shown wrongly, or not at all. Artifacts and logs are in the datastore.',
        repair: 'Put a copy back, or save what is readable: sqlite3 metadata.db .recover',
      });
    }
  });
}

/** Checks the runs that are meant; whether all of them could be found. */
async function checkRuns(
  examination: Examination,
  metadata: MetadataStore,
  { flow, id, here }: NonNullable<ExamineOptions['only']> & { readonly here: DataPlace | undefined },
  counts: { runs: number },
): Promise<boolean> {
  const packages = new Set<string>();
  const check = async (run: RunRecord): Promise<void> => {
    counts.runs += 1;
    await checkRun(examination, metadata, run);
    if (packages.has(run.package)) return;
    packages.add(run.package);
    await checkPackage(examination, run.package, `${run.flow}/${run.id}`);
  };
  return guarded(examination, 'the list of runs', async () => {
    if (flow !== undefined && id !== undefined) {
      const run = await metadata.run(flow, id);
      if (run !== undefined) await check(run);
      return;
    }
    const query = {
      ...(flow === undefined ? {} : { flow }),
      ...here,
    };
    for await (const run of allRuns(metadata, query)) await check(run);
  });
}

/** Does one part of the work; what ends it is a finding, and the next part is done. Whether it came to its end. */
async function guarded({ report }: Examination, what: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const hint = isLeatError(error) ? error.hint : undefined;
    report({
      level: 'error',
      kind: 'unreadable',
      message: `${what} cannot be read to the end: ${messageOf(error)}`,
      meaning: 'What comes after was not checked.',
      ...(hint === undefined ? {} : { repair: hint }),
    });
    return false;
  }
}
