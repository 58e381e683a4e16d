/**
 * What one simulated run is to go through, all of it from one seed. Each family of troubles draws from numbers of its own, so that
 * leaving one out changes none of the others: that is how a failure is made smaller.
 */
import { Random, type SimulatedFaults } from '@leat/testing';
import type { RunEvent, RunLimits } from '../../metadata/events.ts';
import type { RandomFlow } from '../fixtures/flow-of.fixture.ts';
import { Conduct } from './conduct.fixture.ts';
import { drawFlow } from './draw-flow.fixture.ts';

/** Kinds of trouble, each of which can be left out. */
export const families = [
  'crashes', // engines die between any two calls
  'pauses', // engines stand still, as after SIGSTOP, and go on
  'rivals', // another engine takes the run by force
  'faults', // layers lose, double, interrupt, misreport jobs; calls fail
  'answers', // a layer never answers a call; a platform without tokens would start twice what is sent twice
  'storms', // many machines are taken away at once; layers that cannot be reached
  'stores', // stores fail, before or after the effect
  'latency', // answers take their time, and overtake each other
  'clock', // somebody sets the clock
  'failures', // steps throw, die, hang
  'doom', // some steps never succeed
  'chunks', // steps whose tasks share processes
  'speculation', // second copies of stragglers
  'cancel', // somebody ends the run
] as const;
export type Family = (typeof families)[number];

/** What an engine may be struck by: an event of a kind, or that a task has failed for good. */
export type Moment = RunEvent['type'] | 'task-failed';

/** Whether an event is a moment. */
export const isMoment = (event: RunEvent, moment: Moment): boolean =>
  moment === 'task-failed'
    ? event.type === 'attempt-failed' && event.retryAt === undefined
    : event.type === moment;

/** What befalls an engine at its n-th dealing with the outside, or when so many events of a kind are in the log. */
export interface Fate {
  readonly at: number;
  readonly after: Moment | undefined;
  /** For how long it stands still, in milliseconds; `undefined`: it dies. */
  readonly pauseMs: number | undefined;
}

/** A time of trouble. Milliseconds since the beginning, as everywhere here. */
export interface Storm {
  readonly from: number;
  readonly to: number;
  readonly faults: Partial<SimulatedFaults>;
}

export interface Scenario {
  readonly seed: number;
  readonly flow: RandomFlow;
  readonly conduct: Conduct;
  /** Of the first engine, the second, …; the last ones are everybody's after that. */
  readonly limits: readonly RunLimits[];
  readonly fates: readonly (Fate | undefined)[];
  /** When another engine takes the run by force. */
  readonly rivals: readonly number[];
  readonly faults: Partial<SimulatedFaults>;
  readonly storms: readonly Storm[];
  /** Whether a layer may be sent again what it has; where not, it must be asked first. */
  readonly tokens: boolean;
  /** Jobs end with the engine that started them, as on this machine. */
  readonly diesWithEngine: boolean;
  readonly capacity: number | undefined;
  readonly longPoll: boolean;
  readonly startMs: readonly [number, number];
  /** Probabilities that a call to a store fails, and that it does so after it has had its effect. */
  readonly stores: { readonly fails: number; readonly answerLost: number };
  /** Probability that an answer takes its time, and how long at most. */
  readonly latency: { readonly chance: number; readonly ms: number };
  /** When the clock is set, and by how much. */
  readonly jumps: readonly { readonly at: number; readonly by: number }[];
  /** At a time, or when so many jobs are in the log: while the last of them is on its way. */
  readonly cancel:
    | { readonly at: number; readonly jobs: number | undefined; readonly force: boolean }
    | undefined;
  /** From here on nothing goes wrong any more. */
  readonly calmAt: number;
}

const minute = 60_000;

/** The scenario of a seed, but for what is left out. */
export function makeScenario(seed: number, without: ReadonlySet<Family> = new Set()): Scenario {
  const randomOf = (name: string): Random => {
    let mixed = Math.imul(seed + 1, 0x9e3779b1);
    for (const letter of name) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x85ebca6b);
    return new Random(mixed);
  };
  const drawn = <T>(family: Family, share: number, none: T, draw: (random: Random) => T): T => {
    const random = randomOf(family);
    return !without.has(family) && random.chance(share) ? draw(random) : none;
  };
  const random = randomOf('flow');
  const flow = drawFlow(random, {
    chunks: drawn('chunks', 0.7, false, () => true),
    doomed: drawn('doom', 0.2, false, () => true),
  });
  const calmAt = random.between(5, 60) * minute;
  const time = (of: Random): number => Math.floor(calmAt * of.next() ** 2);
  return {
    seed,
    flow: flow.flow,
    conduct: new Conduct(flow.flow.plan, {
      seed,
      fails: drawn('failures', 0.7, 0, (own) => own.next() * 0.3),
      doomed: flow.doomed,
    }),
    limits: drawLimits(
      randomOf('limits'),
      drawn('speculation', 0.5, false, () => true),
    ),
    fates: drawFates(randomOf('fates'), {
      crashes: drawn('crashes', 0.7, 0, (own) => own.between(1, 5)),
      pauses: drawn('pauses', 0.4, 0, (own) => own.between(1, 3)),
    }),
    rivals: drawn('rivals', 0.2, [], (own) => [time(own)]),
    faults: {
      ...drawn('faults', 0.7, {}, drawFaults),
      ...drawn<Partial<SimulatedFaults>>('answers', 0.5, {}, (own) => ({ unanswered: own.next() * 0.1 })),
    },
    tokens: drawn('answers', 1, true, (own) => own.chance(0.3)),
    storms: drawn('storms', 0.4, [], (own) => drawStorms(own, () => time(own))),
    diesWithEngine: random.chance(0.3),
    capacity: random.chance(0.3) ? random.between(1, 4) : undefined,
    longPoll: random.chance(0.7),
    startMs: [0, random.chance(0.2) ? minute : 500],
    stores: drawn('stores', 0.5, { fails: 0, answerLost: 0 }, (own) => ({
      fails: own.next() * 0.1,
      answerLost: own.next() * 0.1,
    })),
    latency: drawn('latency', 0.6, { chance: 0, ms: 0 }, (own) => ({
      chance: own.next() * 0.5,
      ms: 10 ** own.between(1, 4),
    })),
    jumps: drawn('clock', 0.2, [], (own) =>
      Array.from({ length: own.between(1, 3) }, () => ({
        at: time(own),
        by: (own.chance(0.5) ? 1 : -1) * own.between(1, 24 * 60) * minute,
      })),
    ),
    cancel: drawn('cancel', 0.12, undefined, (own) => ({
      at: time(own),
      jobs: own.chance(0.5) ? own.between(1, 20) : undefined,
      force: own.chance(0.3),
    })),
    calmAt,
  };
}

function drawLimits(random: Random, speculate: boolean): readonly RunLimits[] {
  const failFast = random.chance(0.3);
  return Array.from({ length: 4 }, () => ({
    ...(random.chance(0.7) ? { maxWorkers: random.between(1, 8) } : {}),
    windows: random.chance(0.5) ? { simulated: random.between(1, 6), other: random.between(1, 6) } : {},
    failFast,
    ...(speculate ? { speculate } : {}),
  }));
}

/** Events with which something begins that another engine may have to go on with. */
const moments: readonly Moment[] = [
  'engine-started',
  'attempt-submitted',
  'attempt-accepted',
  'attempt-succeeded',
  'attempt-failed',
  'chunk-submitted',
  'chunk-succeeded',
  'chunk-ended',
  'task-caught',
  'task-failed',
  'task-failed',
  'retry-due',
  'cancel-requested',
  'run-ended',
];

function drawFates(
  random: Random,
  { crashes, pauses }: { readonly crashes: number; readonly pauses: number },
): readonly (Fate | undefined)[] {
  const at = (): number => Math.ceil(10 ** (random.next() * 3));
  const moment = (): Pick<Fate, 'at' | 'after'> =>
    random.chance(0.5)
      ? { at: at(), after: undefined }
      : {
          at: random.chance(0.4) ? 1 : random.between(1, 6),
          after: moments[random.between(0, moments.length - 1)],
        };
  const deaths = Array.from({ length: crashes }, () => ({ ...moment(), pauseMs: undefined }));
  const stops = Array.from({ length: pauses }, () => ({
    ...moment(),
    pauseMs: Math.ceil(1000 * 10 ** (random.next() * 3)),
  }));
  return [...deaths, ...stops]
    .map((fate) => ({ fate, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ fate }) => fate);
}

function drawFaults(random: Random): Partial<SimulatedFaults> {
  const upTo = (most: number): number => (random.chance(0.5) ? random.next() * most : 0);
  return {
    failingCall: upTo(0.1),
    lost: upTo(0.1),
    interrupted: upTo(0.1),
    doubled: upTo(0.1),
    startFailed: upTo(0.05),
    stale: upTo(0.2),
    refused: random.chance(0.05) ? 0.02 : 0,
  };
}

/** Short ones: a platform that takes everything away for longer than its tries last ends a run with reason. */
function drawStorms(random: Random, time: () => number): readonly Storm[] {
  return Array.from({ length: random.between(1, 3) }, () => {
    const from = time();
    if (random.chance(0.6))
      return {
        from,
        to: from + random.between(5, 60) * 1000,
        faults: { interrupted: 0.6, startFailed: 0.2 },
      };
    return {
      from,
      to: from + random.between(5, 1200) * 1000,
      faults: { failingCall: random.chance(0.5) ? 1 : 0.6 },
    };
  });
}
