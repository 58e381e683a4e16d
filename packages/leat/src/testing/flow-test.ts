import type { FailureRecord } from '../datastore/manifest.ts';
import { ItemLocator } from '../datastore/items/item-index.ts';
import { parseTask } from '../datastore/keys.ts';
import { encodeSources } from '../datastore/source-index.ts';
import { readManifestSync } from '../datastore/read-manifest.ts';
import { LeatError } from '../errors/index.ts';
import type { Flow } from '../flow/flow.ts';
import { graphStep } from '../graph/graph.ts';
import type { EventFailure, RunEvent } from '../metadata/events.ts';
import type { RunPlan } from '../plan/plan.ts';
import { endOfAttempt } from '../scheduler/settle/attempt-end.ts';
import type { Command } from '../scheduler/commands.ts';
import { commitStandIn } from '../scheduler/settle/commit-stand-in.ts';
import { createState } from '../scheduler/state/create-state.ts';
import type { SchedulerState } from '../scheduler/state/state.ts';
import { taskPiecesOf, taskSpecOf } from '../scheduler/specs/task-spec-of.ts';
import { transition } from '../scheduler/transition.ts';
import { decidedNext } from './decided-next.ts';
import { runInProcess } from './run-in-process.ts';
import { readArtifacts } from './test-artifacts.ts';
import type { TestSetting } from './test-setting.ts';
import type { TestedTask } from './tested-task.ts';

type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>;

/** All tasks share this process; to group them would change nothing but the order. */
function unshared(plan: RunPlan): RunPlan {
  const steps = Object.entries(plan.steps).map(
    ([name, { isolation: _isolation, chunk: _chunk, ...step }]) => [name, step],
  );
  return { ...plan, steps: Object.fromEntries(steps) as RunPlan['steps'] };
}

/**
 * Drives a run in this process: the scheduler's own transition decides, this performs, one command at a time, on a clock
 * that stands still while steps run and jumps to the next retry when nothing else is left to do.
 */
export class FlowTest<F extends Flow> {
  readonly tasks: TestedTask<F>[] = [];
  /** Milliseconds that a real run would have waited before retries. */
  readonly waits: number[] = [];
  firstThrown: Error | undefined;
  readonly #setting: TestSetting;
  readonly #flow: unknown;
  readonly #maxAttempts: number;
  readonly #state: SchedulerState;
  readonly #items: ItemLocator;
  readonly #commands: Command[] = [];
  readonly #wakes: CommandOf<'wake'>[] = [];
  readonly #failures = new Map<string, EventFailure>();
  #attempts = 0;
  #now = 0;

  constructor(setting: TestSetting, flow: unknown, maxAttempts: number) {
    this.#setting = setting;
    this.#flow = flow;
    this.#maxAttempts = maxAttempts;
    this.#state = createState({ run: '1', plan: unshared(setting.plan) });
    this.#items = new ItemLocator(setting.store);
  }

  async run(): Promise<'succeeded' | 'failed'> {
    const limits = { maxWorkers: 1, windows: {}, failFast: false };
    this.#apply({ type: 'engine-started', at: this.#now, epoch: 1, host: 'test', pid: process.pid, limits });
    while (this.#state.ended === undefined) {
      const command = this.#commands.shift() ?? this.#nextWake();
      if (command === undefined)
        throw new LeatError('INTERNAL', 'the scheduler has nothing to do and the run has not ended');
      await this.#perform(command);
    }
    return this.#state.ended === 'succeeded' ? 'succeeded' : 'failed';
  }

  #apply(event: RunEvent): void {
    this.#commands.push(...transition(this.#state, event));
  }

  #nextWake(): Command | undefined {
    const next = this.#wakes.toSorted((a, b) => a.at - b.at)[0];
    if (next !== undefined) this.#wakes.splice(this.#wakes.indexOf(next), 1);
    if (next !== undefined) this.#now = Math.max(this.#now, next.at);
    return next;
  }

  async #perform(command: Command): Promise<void> {
    switch (command.type) {
      case 'submit':
        await this.#submit(command);
        return;
      case 'wake':
        this.#wake(command);
        return;
      case 'catch':
        await this.#catch(command);
        return;
      case 'end':
        this.#apply({ type: 'run-ended', at: this.#now, status: command.status });
        return;
      case 'cancel':
      case 'cancel-attempt':
      case 'submit-chunk':
      case 'watch':
      case 'reuse-items':
      case 'reuse': // One attempt runs at a time, alone, and there is no origin run: none of them can be asked for.
    }
  }

  #wake(command: CommandOf<'wake'>): void {
    const { task, attempt, at } = command;
    if (at > this.#now) {
      this.waits.push(at - this.#now);
      this.#wakes.push(command);
      return;
    }
    this.#apply({ type: 'retry-due', at: this.#now, task, attempt });
  }

  async #submit({ task, attempt, layer }: CommandOf<'submit'>): Promise<void> {
    if (++this.#attempts > this.#maxAttempts) {
      throw new LeatError(
        'RUN_FAILED',
        `'${this.#state.flow}' has not ended after ${this.#maxAttempts} attempts`,
        {
          hint: 'Does its loop end? testFlow(…, { maxAttempts }) allows more.',
        },
      );
    }
    const { facts } = this.#setting;
    const token = `${task}@${attempt}`;
    const spec = await taskSpecOf(
      taskPiecesOf(this.#state, task),
      { ...facts, token },
      {
        locateItems: async (frames) =>
          this.#items.locateAll(
            frames.map(({ items, count, index }) => ({ items: { index: items, count }, item: index })),
          ),
        storeSources: async (key, columns) => this.#setting.store.put(key, encodeSources(columns)),
      },
    );
    this.#apply({ type: 'attempt-submitted', at: this.#now, task, attempt, layer, token });
    const { manifest, thrown } = await runInProcess(this.#setting, this.#flow, spec);
    const end = { state: 'succeeded', startedAt: this.#now, endedAt: this.#now } as const;
    const ending = { task, attempt, manifest: spec.manifest, cancelled: false, overdue: false };
    const event = endOfAttempt(ending, end, manifest);
    this.#apply(event);
    if (event.type === 'attempt-failed') {
      this.firstThrown ??= thrown;
      this.#failures.set(task, event.failure);
      if (!this.#state.active.has(task)) this.tasks.push(this.#failed(task, attempt));
    } else await this.#decided(task, { attempts: attempt + 1, key: spec.manifest, caught: false });
  }

  async #catch({ task, attempt, outcome, failure }: CommandOf<'catch'>): Promise<void> {
    const pieces = taskPiecesOf(this.#state, task);
    const variable = this.#setting.plan.steps[pieces.spec.step]?.catchError?.var ?? '';
    const standIn = { pieces, variable, failure, outcome, token: `${task}@caught`, at: this.#now };
    const manifest = await commitStandIn(this.#setting.store, standIn);
    this.#apply({ type: 'task-caught', at: this.#now, task, attempt, manifest, outcome, failure });
    await this.#decided(task, { attempts: attempt + 1, key: manifest, caught: true });
  }

  async #decided(
    task: string,
    { attempts, key, caught }: { readonly attempts: number; readonly key: string; readonly caught: boolean },
  ): Promise<void> {
    const { graph, store } = this.#setting;
    const manifest = readManifestSync(store, key);
    if (manifest?.status !== 'succeeded') throw new LeatError('INTERNAL', `the result of '${task}' is gone`);
    const base = this.#base(task, attempts);
    const next = await decidedNext(store, graphStep(graph, base.step).next, manifest.outcome);
    this.tasks.push({
      ...base,
      status: 'succeeded',
      caught,
      artifacts: readArtifacts(store, manifest),
      next,
    });
  }

  #failed(task: string, attempt: number): TestedTask<F> {
    return {
      ...this.#base(task, attempt + 1),
      status: 'failed',
      caught: false,
      artifacts: {} as TestedTask<F>['artifacts'],
      next: undefined,
    };
  }

  #base(
    task: string,
    attempts: number,
  ): Pick<TestedTask<F>, 'task' | 'step' | 'path' | 'iteration' | 'attempts' | 'failure'> {
    const address = parseTask(task);
    if (address === undefined) throw new LeatError('INTERNAL', `'${task}' is no address of a task`);
    return { task, ...address, attempts, failure: this.#failures.get(task) as FailureRecord | undefined };
  }
}
