/** The decorators of a step besides `@step` and `@catchError`. In any order, above or below `@step`; each hangs its options on the method. */
import { LeatError } from '../errors/index.ts';
import type { EnvironmentOptions, ResourcesOptions, RetryOptions, TimeoutOptions } from './description.ts';
import type { Flow } from './flow.ts';
import { decorated, hang, type StepDecorator } from './hang.ts';
import { checkOptions, integerFrom, numberAbove0, numberFrom, oneOf } from './option-check.ts';

/** A method of a flow that takes what it wants. */
export type StepMethod<F extends Flow> = (this: F, ...args: never[]) => unknown;

/**
 * Tries the step again when it fails: three more times unless told. A try that the platform interrupted does not count.
 * `times: 0` protects a step with side effects from `--with retry`.
 *
 * @example
 * @retry
 * @retry({ times: 5, minutesBetweenRetries: 1, backoff: 'exponential', maxMinutes: 30 })
 * @throws LeatError OPTION_INVALID
 */
export function retry(options?: RetryOptions): StepDecorator;
export function retry<F extends Flow>(method: StepMethod<F>, context: ClassMethodDecoratorContext<F>): void;
export function retry(...call: readonly unknown[]): StepDecorator | undefined {
  if (call.length >= 2) {
    hang(decorated('@retry', call[0] as object, call[1], retry as never), '@retry', { retry: {} });
    return undefined;
  }
  const options = checkOptions<RetryOptions>('@retry', call[0] ?? {}, {
    times: integerFrom(0),
    minutesBetweenRetries: numberFrom(0),
    backoff: oneOf('constant', 'exponential'),
    maxMinutes: numberFrom(0),
  });
  return decorator('@retry', { retry: options });
}

/**
 * Ends an attempt that takes longer: the whole process group gets TERM, then KILL. Counts as a failure that `@retry` may
 * retry. Seconds, minutes and hours are summed.
 *
 * @example
 * @timeout({ hours: 1, minutes: 30 })
 * @throws LeatError OPTION_INVALID
 */
export function timeout(options: TimeoutOptions): StepDecorator {
  const checked = checkOptions<TimeoutOptions>('@timeout', options, {
    seconds: numberFrom(0),
    minutes: numberFrom(0),
    hours: numberFrom(0),
  });
  const { seconds = 0, minutes = 0, hours = 0 } = checked;
  if (seconds + minutes + hours === 0) {
    throw new LeatError('OPTION_INVALID', '@timeout: the sum of seconds, minutes and hours must be above 0');
  }
  return decorator('@timeout', { timeout: checked });
}

/**
 * What one task of the step needs: `cpu` in cores (may be a fraction), `memory` and `disk` in MB, `gpu` in devices. The
 * same request holds on this machine and on every compute layer.
 *
 * @example
 * @resources({ cpu: 4, memory: 8000 })
 * @throws LeatError OPTION_INVALID
 */
export function resources(options: ResourcesOptions): StepDecorator {
  const checked = checkOptions<ResourcesOptions>('@resources', options, {
    cpu: numberAbove0(' of cores'),
    memory: numberAbove0(' of MB'),
    gpu: integerFrom(0),
    disk: numberAbove0(' of MB'),
  });
  return decorator('@resources', { resources: checked });
}

/**
 * Environment variables of the step's process, set before its code is loaded. They are stored with the run: no place for secrets.
 *
 * @example
 * @environment({ vars: { OMP_NUM_THREADS: '4' } })
 * @throws LeatError OPTION_INVALID
 */
export function environment(options: EnvironmentOptions): StepDecorator {
  const checked = checkOptions<EnvironmentOptions>('@environment', options, { vars: areVariables });
  return decorator('@environment', { environment: { vars: { ...checked.vars } } });
}

/**
 * Keeps the step on this machine: `--with <layer>` does not move it.
 *
 * @example
 * @local @step start() { … }
 */
export function local<F extends Flow>(method: StepMethod<F>, context: ClassMethodDecoratorContext<F>): void;
export function local(): StepDecorator;
export function local(...call: readonly unknown[]): StepDecorator | undefined {
  if (call.length < 2) return decorator('@local', { local: true });
  hang(decorated('@local', call[0] as object, call[1], local as never), '@local', { local: true });
  return undefined;
}

/** A compute layer's decorator: bare, or with the layer's options. */
export interface LayerDecorator<O extends object> {
  <F extends Flow>(method: StepMethod<F>, context: ClassMethodDecoratorContext<F>): void;
  (options?: O): StepDecorator;
}

/**
 * Makes the decorator of a compute layer, which sends its step there. The layer validates the options before the run starts.
 *
 * @param name the layer's name, as in `--with <name>`
 * @example
 * export const batch = layerDecorator<BatchOptions>('batch');
 * // in a flow: @batch({ memory: 10000, queue: 'spot' })
 */
export function layerDecorator<O extends object>(name: string): LayerDecorator<O> {
  const label = `@${name}`;
  const decorate = (...call: readonly unknown[]): StepDecorator | undefined => {
    if (call.length < 2)
      return decorator(label, { layer: { name, options: { ...(call[0] as O | undefined) } } });
    hang(decorated(label, call[0] as object, call[1], decorate as never), label, {
      layer: { name, options: {} },
    });
    return undefined;
  };
  return decorate as LayerDecorator<O>;
}

function decorator(label: string, entry: Parameters<typeof hang>[2]): StepDecorator {
  const decorate = (method: object, context: unknown): void =>
    hang(decorated(label, method, context, decorate), label, entry);
  return decorate;
}

function areVariables(vars: unknown): string | undefined {
  const expected = 'a record of names and strings';
  if (typeof vars !== 'object' || vars === null) return expected;
  const wrong = Object.entries(vars).find(
    ([name, value]) => !/^[^=\0]+$/.test(name) || typeof value !== 'string',
  );
  return wrong === undefined ? undefined : `${expected} ('${wrong[0]}' is none)`;
}
