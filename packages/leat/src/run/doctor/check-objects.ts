import type { AttemptManifest } from '../../datastore/manifest.ts';
import { defaultGraceMs } from '../../datastore/sweep-blobs.ts';
import type { MetadataStore } from '../../metadata/metadata-store.ts';
import { brokenReferences } from './check-references.ts';
import { type Examination, placeOf } from './examination.ts';

/** A temporary file that was not written to for so long has no writer any more, wherever that one ran. */
const staleMs = 3_600_000;

/** Runs whose folders are remembered as known. */
const mostRuns = 10_000;

/** Checks the content that no run has led to, and, when all runs are `known`, counts what is old enough for `leat gc`. */
export async function checkUnreferenced(examination: Examination, known: boolean): Promise<void> {
  const { datastore, contents, report, now } = examination;
  const old = { objects: 0, bytes: 0 };
  for await (const { key, size, modifiedAt } of datastore.list('blobs/')) {
    if (contents.has(key)) continue;
    const fault = await contents.faultOf(key);
    if (fault !== undefined && fault.kind !== 'content-missing') {
      report({
        level: 'error',
        kind: fault.kind,
        message: `'${key}': ${fault.reason}`,
        meaning: 'Nothing refers to it now, but a step that has the same value would trust it.',
        repair: 'leat doctor --repair',
        ...placeOf(datastore, key),
        ...(fault.repaired === undefined ? {} : { repaired: fault.repaired }),
      });
    } else if (modifiedAt < now - defaultGraceMs) {
      old.objects += 1;
      old.bytes += size;
    }
  }
  if (old.objects === 0 || !known) return;
  report({
    level: 'note',
    kind: 'unreferenced',
    message: `nothing refers to ${old.objects} objects of ${old.bytes} bytes`,
    meaning: 'They only take room.',
    repair: 'leat gc',
  });
}

/** Looks for folders of runs that the metadata do not know. */
export async function checkRunFolders(
  { datastore, report }: Examination,
  metadata: MetadataStore,
): Promise<void> {
  const known = new Map<string, boolean>();
  const unknown = { runs: 0, example: '' };
  for await (const { key } of datastore.list('runs/')) {
    const [, flow = '', id = ''] = key.split('/', 3);
    const address = `${flow}/${id}`;
    if (known.has(address)) continue;
    const isKnown = (await metadata.run(flow, id)) !== undefined;
    if (known.size >= mostRuns) known.clear();
    known.set(address, isKnown);
    if (isKnown) continue;
    unknown.runs += 1;
    unknown.example ||= address;
  }
  if (unknown.runs === 0) return;
  report({
    level: 'warning',
    kind: 'unknown-run',
    message: `the datastore holds files of ${unknown.runs} runs that the metadata do not know, such as '${unknown.example}'`,
    meaning: 'They were removed, or the metadata are not those that belong to this datastore.',
    repair: 'If they were removed: leat gc. Otherwise put the metadata back.',
  });
}

/** Without metadata nobody knows which manifest counts: each that is there is checked. */
export async function checkManifestsAlone(examination: Examination): Promise<void> {
  const { datastore, manifests, report } = examination;
  for await (const { key } of datastore.list('runs/')) {
    const run = key.split('/', 3).slice(1).join('/');
    for await (const look of manifests.within(key)) {
      if ('manifest' in look) {
        await checkAlone(examination, { key, run, manifest: look.manifest });
        continue;
      }
      report({
        level: 'error',
        kind: look.kind,
        message: look.reason,
        meaning: 'The result of that attempt cannot be read.',
        ...placeOf(datastore, key),
        run,
      });
    }
  }
}

async function checkAlone(
  examination: Examination,
  { key, run, manifest }: { readonly key: string; readonly run: string; readonly manifest: AttemptManifest },
): Promise<void> {
  const { task } = manifest;
  for await (const { what, key: broken, fault } of brokenReferences(examination, key, manifest)) {
    examination.report({
      level: 'error',
      kind: fault.kind,
      message: `${what} of '${run}/${task}', in '${broken}': ${fault.reason}`,
      meaning: 'It cannot be read, and steps that read it fail.',
      ...placeOf(examination.datastore, broken),
      run,
      task,
      ...(fault.repaired === undefined ? {} : { repaired: fault.repaired }),
    });
  }
}

/** What killed writers have left half-written; `--repair` removes it. */
export async function checkTemporary({ datastore, report, repair, now }: Examination): Promise<void> {
  const left = await datastore.sweepTemporary?.({ olderThan: now - staleMs, dryRun: !repair });
  if (left === undefined || left.objects === 0) return;
  report({
    level: 'note',
    kind: 'temporary-files',
    message: `${left.objects} temporary files of ${left.bytes} bytes were left by processes that were killed`,
    meaning: 'They only take room.',
    repair: 'leat doctor --repair',
    ...(repair ? { repaired: 'removed' } : {}),
  });
}
