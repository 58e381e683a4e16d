/** What runs on the simulated layers: processes that do what their tasks do, and commit as real ones do. */
import type { SimulatedMember, SimulatedTask } from '@leat/testing';
import type { AttemptRequest } from '../../compute/compute-layer.ts';
import { commitAttempt } from '../../datastore/commit-attempt.ts';
import type { AttemptManifest, FailureRecord, ItemBlock } from '../../datastore/manifest.ts';
import { createPack, type PackWriter } from '../../datastore/packs/pack-writer.ts';
import type { EventOutcome } from '../../metadata/events.ts';
import type { TaskSpec } from '../../plan/task-spec.ts';
import { decide } from '../fixtures/decide.fixture.ts';
import type { MemoryDatastore } from '../../testing/memory-datastore.ts';
import type { Misconduct } from './conduct.fixture.ts';
import type { Scenario } from './scenario.fixture.ts';

const thrown: FailureRecord = { reason: 'error', type: 'RangeError', message: 'not in range' };

/** Longer than any time limit here. */
const forEver = 1_000_000;

export interface PlatformFacts {
  readonly scenario: Scenario;
  readonly datastore: MemoryDatastore;
  readonly now: () => number;
  readonly note: (line: string) => void;
}

/** Processes, and what they were given. */
export class Platform {
  /** Each task's spec as its processes got it; later attempts and copies included. */
  readonly specs: TaskSpec[] = [];
  readonly #begun = new Set<string>();
  readonly #committed = new Map<string, number>();
  readonly #facts: PlatformFacts;

  constructor(facts: PlatformFacts) {
    this.#facts = facts;
  }

  hasBegun(task: string, attempt: number): boolean {
    return this.#begun.has(`${task}@${attempt}`);
  }

  /** When an attempt that ran alone was committed as a success. */
  committedAt(task: string, attempt: number): number | undefined {
    return this.#committed.get(`${task}@${attempt}`);
  }

  /** What a job does. */
  process(request: AttemptRequest): SimulatedTask {
    const { chunk, spec, token } = request;
    if (chunk === undefined) {
      this.specs.push(spec);
      return this.#alone(spec);
    }
    const specs = chunk.members.map((differences) => ({ ...spec, ...differences }));
    this.specs.push(...specs);
    let pack: PackWriter | undefined;
    const commit = (member: number, manifest: AttemptManifest, last: boolean): void => {
      pack ??= createPack(this.#facts.datastore, chunk.pack);
      pack?.commit(member, manifest, last);
    };
    this.#facts.note(`the chunk ${token} is taken: ${specs.map(({ task }) => task).join(' ')}`);
    return { durationMs: 0, members: specs.map((each, member) => this.#member(each, member, commit)) };
  }

  #alone(spec: TaskSpec): SimulatedTask {
    const misconduct = this.#misconduct(spec);
    const leavesNothing = misconduct === 'dies' || misconduct === 'leaves-nothing' || misconduct === 'hangs';
    return {
      ...this.#course(spec, misconduct),
      exitCode: misconduct === undefined || misconduct === 'leaves-nothing' ? 0 : 1,
      ...(leavesNothing
        ? {}
        : {
            commit: async () => {
              this.#begin(spec);
              const { task, attempt } = spec;
              if (misconduct === undefined && !this.#committed.has(`${task}@${attempt}`))
                this.#committed.set(`${task}@${attempt}`, this.#facts.now());
              const outcome = commitAttempt(
                this.#facts.datastore,
                spec.manifest,
                this.#manifest(spec, misconduct),
              );
              this.#facts.note(
                `the process of '${spec.task}@${spec.attempt}' ${misconduct ?? 'succeeds'}: ${outcome}`,
              );
            },
          }),
    };
  }

  #member(
    spec: TaskSpec,
    member: number,
    commit: (member: number, manifest: AttemptManifest, last: boolean) => void,
  ): SimulatedMember {
    const misconduct = this.#misconduct(spec);
    const ends = misconduct === 'throws-and-ends';
    const course = this.#course(spec, misconduct);
    if (misconduct === 'dies' || misconduct === 'leaves-nothing') return { ...course, exitCode: 137 };
    if (misconduct === 'hangs') return course;
    return {
      ...course,
      ...(ends ? { exitCode: 1 } : {}),
      commit: async () => {
        this.#begin(spec);
        commit(member, this.#manifest(spec, misconduct), ends);
        this.#facts.note(`the member '${spec.task}@${spec.attempt}' ${misconduct ?? 'succeeds'}`);
      },
    };
  }

  #misconduct({ task, attempt }: TaskSpec): Misconduct | undefined {
    return this.#facts.scenario.conduct.of(task, attempt);
  }

  #course(spec: TaskSpec, misconduct: Misconduct | undefined): SimulatedMember {
    const { task, attempt } = spec;
    const { conduct } = this.#facts.scenario;
    return {
      durationMs: misconduct === 'hangs' ? forEver : conduct.durationMs(task, attempt),
      output: `${task}@${attempt}\n`,
      begin: () => {
        this.#begin(spec);
      },
    };
  }

  #begin({ task, attempt }: TaskSpec): void {
    this.#begun.add(`${task}@${attempt}`);
  }

  #manifest({ task, attempt, token }: TaskSpec, misconduct: Misconduct | undefined): AttemptManifest {
    const { scenario, now } = this.#facts;
    const head = { version: 1, task, attempt, token, startedAt: now(), endedAt: now() } as const;
    if (misconduct !== undefined) return { ...head, status: 'failed', failure: thrown };
    const outcome = decide(scenario.flow.plan, task);
    this.#storeItems(outcome);
    return { ...head, status: 'succeeded', outcome, artifacts: {} };
  }

  #storeItems(outcome: EventOutcome): void {
    if (outcome.kind !== 'foreach' || outcome.items.index === undefined) return;
    const { index, count } = outcome.items;
    const offsets = Array.from({ length: count + 1 }, (_, at) => at * 10);
    const block: ItemBlock = { key: `${index}/0`, first: 0, offsets };
    this.#facts.datastore.putSync(index, [Buffer.from(JSON.stringify([block]))]);
  }
}
