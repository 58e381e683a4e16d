import { LeatError } from '../errors/index.ts';
import { catchError } from './catch-error.ts';
import { concurrency } from './concurrency.ts';
import type {
  DeclaredEdges,
  EnvironmentOptions,
  ResourcesOptions,
  RetryOptions,
  TimeoutOptions,
} from './description.ts';
import type { Failure } from './failure.ts';
import type { Flow, FlowClass } from './flow.ts';
import type { StepDecorator } from './hang.ts';
import type { StepName } from './inputs.ts';
import { type CheckedEdges, mark } from './step.ts';
import { environment, local, resources, retry, timeout } from './step-decorators.ts';
import { checkedStepOptions, type StepCallOptions } from './step-options.ts';

/** Fields of a flow that can hold a {@link Failure} or nothing. */
type FailureField<F> = {
  [K in keyof F]-?: [Failure | undefined] extends [F[K]] ? (unknown extends F[K] ? never : K) : never;
}[keyof F] &
  string;

/** What decorators say, for one step of `steps(this, { … })`. Without `next` the transition is read from the source. */
export interface StepOptions<F> extends StepCallOptions {
  readonly retry?: true | RetryOptions;
  readonly timeout?: TimeoutOptions;
  readonly resources?: ResourcesOptions;
  readonly environment?: EnvironmentOptions;
  readonly catchError?: { readonly var: FailureField<F>; readonly case?: string };
  readonly local?: true;
  readonly concurrency?: number;
  /** Any other decorators, such as a compute layer's: `[batch({ memory: 10000 })]`. */
  readonly decorators?: readonly StepDecorator[];
}

type Table<F> = { readonly [K in StepName<F>]?: StepOptions<F> };

/** The table when all its edges fit; at a wrong entry the complaint. */
type CheckedTable<F, O> = {
  readonly [K in keyof O]: K extends StepName<F>
    ? O[K] extends DeclaredEdges
      ? unknown extends CheckedEdges<F, O[K]>
        ? O[K]
        : CheckedEdges<F, O[K]>
      : O[K]
    : `'${K & string}' is no method of this flow`;
};

/**
 * Marks the steps of a flow without decorators, for files that run under plain `node flow.ts`. Methods that are not
 * named stay helpers.
 *
 * @example
 * class TrainFlow extends Flow {
 *   declare countries: string[];
 *   static {
 *     steps(this, {
 *       start: { next: 'train', foreach: 'countries' },
 *       train: { retry: { times: 2 } },
 *       choose: {},
 *       end: {},
 *     });
 *   }
 *   start() { this.countries = ['fi', 'se']; }
 *   // …
 * }
 * @throws LeatError FLOW_INVALID, OPTION_INVALID
 */
export function steps<C extends abstract new () => Flow, const O extends Table<InstanceType<C>>>(
  flow: C,
  table: O & CheckedTable<InstanceType<C>, O>,
): void {
  const { prototype } = flow as FlowClass & { prototype: object };
  for (const [name, options] of Object.entries<StepOptions<Flow>>(table)) {
    const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
    if (typeof method !== 'function') {
      throw new LeatError('FLOW_INVALID', `steps(…) names '${name}', which is no method of '${flow.name}'`, {
        hint: 'A step of a base class is marked there.',
      });
    }
    markStep(method, name, options);
  }
}

function markStep(method: object, name: string, options: StepOptions<Flow>): void {
  const { next, foreach, by, isolation, chunk, decorators = [], ...hung } = options;
  const context = {
    kind: 'method',
    name,
    static: false,
    private: false,
  } as ClassMethodDecoratorContext<Flow>;
  const known = ['retry', 'timeout', 'resources', 'environment', 'catchError', 'local', 'concurrency'];
  const strange = Object.keys(hung).find((key) => !known.includes(key));
  if (strange !== undefined) {
    throw new LeatError('OPTION_INVALID', `steps(…) has no option '${strange}' for '${name}'`, {
      hint: `Known options: next, foreach, by, isolation, chunk, ${known.join(', ')}, decorators.`,
    });
  }
  const given = Object.entries({ next, foreach, by, isolation, chunk }).filter(
    ([, value]) => value !== undefined,
  );
  const said = Object.fromEntries(given) as StepCallOptions;
  mark(method, context, steps, given.length > 0 ? checkedStepOptions('@step', said) : undefined);
  for (const decorate of [...decoratorsOf(hung), ...decorators]) decorate(method as never, context);
}

function decoratorsOf(
  options: Omit<StepOptions<Flow>, keyof StepCallOptions | 'decorators'>,
): StepDecorator[] {
  const made: StepDecorator[] = [];
  if (options.retry !== undefined) made.push(retry(options.retry === true ? {} : options.retry));
  if (options.timeout !== undefined) made.push(timeout(options.timeout));
  if (options.resources !== undefined) made.push(resources(options.resources));
  if (options.environment !== undefined) made.push(environment(options.environment));
  if (options.catchError !== undefined) made.push(catchError(options.catchError) as StepDecorator);
  if (options.local !== undefined) made.push(local());
  if (options.concurrency !== undefined) made.push(concurrency(options.concurrency));
  return made;
}
