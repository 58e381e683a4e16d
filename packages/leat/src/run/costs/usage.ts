/** What the jobs of a run have used, summed up over its log. Pure; memory grows with what is in flight, not with the run. */
import type { StepUsage } from '../../compute/compute-layer.ts';
import type { RunEvent } from '../../metadata/events.ts';
import type { RunPlan } from '../../plan/plan.ts';

interface Sum {
  jobs: number;
  seconds: number;
  wholeMinuteSeconds: number;
}

interface Begun {
  readonly step: string;
  /** When it was first seen running; `undefined`: it waits. */
  startedAt: number | undefined;
}

/** Takes the events of a run in their order. */
export class UsageMeter {
  readonly #plan: RunPlan;
  readonly #layers: ReadonlySet<string>;
  readonly #sums = new Map<string, Sum>();
  /** Jobs in flight: attempts that run alone by name, chunks by token. A chunk's members have no job of their own. */
  readonly #open = new Map<string, Begun>();

  /** @param layers whose jobs count */
  constructor(plan: RunPlan, layers: ReadonlySet<string>) {
    this.#plan = plan;
    this.#layers = layers;
  }

  /** Takes one event. */
  add(event: RunEvent): void {
    switch (event.type) {
      case 'attempt-submitted':
        return this.#submitted(`${event.task}@${event.attempt}`, stepOf(event.task), event.layer);
      case 'chunk-submitted':
        return this.#submitted(event.token, event.group.step, event.layer);
      case 'attempt-state':
        return event.state === 'running'
          ? this.#started(`${event.task}@${event.attempt}`, event.at)
          : undefined;
      case 'chunk-started':
        return this.#started(event.token, event.at);
      case 'attempt-succeeded':
      case 'attempt-failed':
        return this.#ended(`${event.task}@${event.attempt}`, event.startedAt, event.at);
      case 'chunk-ended':
        return this.#ended(event.token, undefined, event.at);
      default:
        return undefined;
    }
  }

  /** What was used until now; what still runs counts up to `now`. */
  total(now: number): readonly StepUsage[] {
    for (const [key, { startedAt }] of this.#open)
      if (startedAt !== undefined) this.#ended(key, undefined, now);
    return [...this.#sums].flatMap(([name, sum]) => {
      const step = this.#plan.steps[name];
      return step === undefined
        ? []
        : [{ step: name, resources: step.resources, options: step.layerOptions, ...sum }];
    });
  }

  #submitted(key: string, step: string, layer: string): void {
    if (this.#layers.has(layer)) this.#open.set(key, { step, startedAt: undefined });
  }

  #started(key: string, at: number): void {
    const job = this.#open.get(key);
    if (job !== undefined) job.startedAt ??= at;
  }

  #ended(key: string, startedAt: number | undefined, at: number): void {
    const job = this.#open.get(key);
    if (job === undefined) return;
    this.#open.delete(key);
    const began = startedAt ?? job.startedAt;
    // It never ran: nobody pays for waiting.
    if (began === undefined) return;
    const seconds = Math.max(0, at - began) / 1000;
    const sum = this.#sums.get(job.step) ?? { jobs: 0, seconds: 0, wholeMinuteSeconds: 0 };
    this.#sums.set(job.step, {
      jobs: sum.jobs + 1,
      seconds: sum.seconds + seconds,
      wholeMinuteSeconds: sum.wholeMinuteSeconds + Math.max(60, seconds),
    });
  }
}

/** `train[3]~1` → `train` */
const stepOf = (task: string): string => /^[^[~]+/.exec(task)?.[0] ?? task;
