import { manifestObject } from '../../datastore/packs/packed-key.ts';
import type { Fault } from './contents.ts';
import { type Examination, placeOf } from './examination.ts';
import type { Finding } from './finding.ts';

/** Objects of one run that are told of one by one. */
const mostTold = 200;

/** Something of a task that cannot be had. */
export interface TaskFault {
  readonly task: string;
  readonly step: string;
  /** `the artifact 'model'`, `the items of its foreach`, `the result` */
  readonly what: string;
  /** Of the object that is broken. */
  readonly key: string;
  readonly fault: Omit<Fault, 'kind'> & { readonly kind: Finding['kind'] };
}

interface Told extends TaskFault {
  others: number;
}

/** What is broken in one run, each object once: with the step that comes first in the flow, since that one made it. */
export class RunFaults {
  readonly #run: string;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #byKey = new Map<string, Told>();
  #untold = 0;

  constructor(run: string, steps: readonly string[]) {
    this.#run = run;
    this.#ranks = new Map(steps.map((step, rank) => [step, rank]));
  }

  add(found: TaskFault): void {
    // Results that share a pack are broken together.
    const fault = { ...found, key: manifestObject(found.key) };
    const told = this.#byKey.get(fault.key);
    if (told !== undefined) {
      told.others += 1;
      if (this.#rank(fault) < this.#rank(told)) Object.assign(told, fault);
    } else if (this.#byKey.size < mostTold) this.#byKey.set(fault.key, { ...fault, others: 0 });
    else this.#untold += 1;
  }

  /** Whether something in an object was found broken. */
  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  report({ report, datastore }: Examination): void {
    for (const told of this.#byKey.values())
      report({ ...this.#finding(told), ...placeOf(datastore, told.key) });
    if (this.#untold === 0) return;
    report({
      level: 'error',
      kind: 'more',
      message: `of '${this.#run}', ${this.#untold} more references lead to what is gone or damaged`,
      meaning: 'Much of the run is lost.',
      repair: `Run the flow again, or leat resume ${this.#run} --from STEP.`,
      run: this.#run,
    });
  }

  #finding({ task, step, what, key, fault, others }: Told): Finding {
    const more = others === 0 ? '' : `, and of ${others} more tasks`;
    const again = `leat resume ${this.#run} --from ${step}`;
    const first =
      fault.kind === 'content-damaged' && fault.repaired === undefined ? 'leat doctor --repair, then ' : '';
    return {
      level: 'error',
      kind: fault.kind,
      message: `${what} of '${this.#run}/${task}'${more}, in '${key}': ${fault.reason}`,
      meaning: 'It cannot be read, and steps that read it fail.',
      repair: `${first}${again}`,
      run: this.#run,
      task,
      ...(fault.repaired === undefined ? {} : { repaired: fault.repaired }),
    };
  }

  #rank({ step }: TaskFault): number {
    return this.#ranks.get(step) ?? Infinity;
  }
}
