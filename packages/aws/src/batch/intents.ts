/**
 * What is about to be sent to Batch, recorded before it is: Batch has no token that would make a call safe to repeat. An intent tells under
 * which name the job would be found, and which attempts are in it. Intents lie in the run's own folder, and go with it.
 */
import type { RunName } from 'leat/compute';
import type { Datastore } from 'leat/datastore';
import { runPrefix } from 'leat/datastore';
import { inParallel } from './in-parallel.ts';

/** See the file's header. */
export interface Intent {
  readonly version: 1;
  /** Name of the job. */
  readonly name: string;
  readonly queue: string;
  /** Attempts in the order of the array's indexes; one: no array. */
  readonly tokens: readonly string[];
}

/** An intent as it was found. */
export interface FoundIntent extends Intent {
  /** By the datastore's clock, in milliseconds since the epoch. */
  readonly recordedAt: number;
}

const intentPrefix = ({ flow, run }: RunName): string => `${runPrefix(flow, run)}intents/`;

/** Intents that are read at once. */
const readAtOnce = 16;

/** The key of an intent with few attempts tells of each so many digits, so that it is read only by who looks for one of them. */
const digits = 8;
/** More would make the name of an object too long for a folder. */
const mostTold = 12;

function intentKey(run: RunName, { name, tokens }: Intent): string {
  const told = tokens.length > mostTold ? '' : `.${tokens.map((token) => token.slice(0, digits)).join('')}`;
  return `${intentPrefix(run)}${name}${told}`;
}

/** Records an intent; `false`: it was recorded before, so it may have been carried out. */
export async function recordIntent(store: Datastore, run: RunName, intent: Intent): Promise<boolean> {
  return store.create(intentKey(run, intent), [Buffer.from(JSON.stringify(intent))]);
}

/**
 * All intents of a run that some of these attempts are in, the newest first: one that was recorded last may not have been carried out, while an
 * older one was. Reads those of large arrays, and of the others no more than have one of the attempts; keeps only what it returns.
 */
export async function findIntents(
  store: Datastore,
  run: RunName,
  tokens: readonly string[],
): Promise<readonly FoundIntent[]> {
  const wanted = new Set(tokens);
  const starts = new Set(tokens.map((token) => token.slice(0, digits)));
  const facts = await Array.fromAsync(store.list(intentPrefix(run)));
  const newest = facts
    .filter(({ key }) => mayHold(key, starts))
    .toSorted((a, b) => b.modifiedAt - a.modifiedAt);
  const found: FoundIntent[] = [];
  for (let from = 0; from < newest.length; from += readAtOnce) {
    const part = await Promise.all(
      newest.slice(from, from + readAtOnce).map(async ({ key, modifiedAt }) => {
        const intent = parse(await store.get(key));
        return intent === undefined ? undefined : { ...intent, recordedAt: modifiedAt };
      }),
    );
    found.push(
      ...part
        .filter((intent) => intent !== undefined)
        .filter((intent) => intent.tokens.some((token) => wanted.has(token))),
    );
  }
  return found;
}

/** Whether an intent may hold an attempt whose token begins so, as far as its key tells. */
function mayHold(key: string, starts: ReadonlySet<string>): boolean {
  const told = key.slice(key.lastIndexOf('/') + 1).split('.')[1];
  if (told === undefined) return true;
  for (let at = 0; at < told.length; at += digits) if (starts.has(told.slice(at, at + digits))) return true;
  return false;
}

/** How {@link resolveIntents} looks. */
export interface IntentLookUp<Job, Of extends Intent> {
  /** The job of an intent, when there is one. */
  readonly find: (intent: Of) => Promise<Job | undefined>;
  /** The job of one that was looked for in vain, and that may be there soon. */
  readonly awaitListed: (intent: Of) => Promise<Job | undefined>;
  /** Told of each that was found, at once. */
  readonly take: (job: Job, intent: Of) => void;
}

/**
 * Looks up what became of attempts: of each the newest intent first, and an older one only when nothing came of that. What may be there soon is
 * waited for when all others were looked for, and all of it at the same time.
 */
export async function resolveIntents<Job, Of extends Intent>(
  tokens: readonly string[],
  intents: readonly Of[],
  { find, awaitListed, take }: IntentLookUp<Job, Of>,
): Promise<void> {
  const open = new Set(tokens);
  const left = new Set(intents);
  const found = (job: Job, intent: Of): void => {
    take(job, intent);
    for (const token of intent.tokens) open.delete(token);
  };
  while (open.size > 0 && left.size > 0) {
    const asked = newestOf(open, left);
    if (asked.size === 0) return;
    const missing: Of[] = [];
    await inParallel([...asked], askedAtOnce, async (intent) => {
      left.delete(intent);
      const job = await find(intent);
      if (job === undefined) missing.push(intent);
      else found(job, intent);
    });
    await Promise.all(
      missing.map(async (intent) => {
        const job = await awaitListed(intent);
        if (job !== undefined) found(job, intent);
      }),
    );
  }
}

/** Intents that are looked up at once. */
const askedAtOnce = 8;

/** Of each open attempt the newest intent that is left. */
function newestOf<Of extends Intent>(open: ReadonlySet<string>, left: ReadonlySet<Of>): ReadonlySet<Of> {
  const asked = new Set<Of>();
  const seen = new Set<string>();
  for (const intent of left) {
    const own = intent.tokens.filter((token) => open.has(token));
    if (own.some((token) => !seen.has(token))) asked.add(intent);
    for (const token of own) seen.add(token);
  }
  return asked;
}

/** One that is gone, or that another version has written, is none. */
function parse(bytes: Uint8Array | undefined): Intent | undefined {
  if (bytes === undefined) return undefined;
  const intent = JSON.parse(Buffer.from(bytes).toString('utf8')) as Intent;
  return (intent.version as number) === 1 ? intent : undefined;
}
