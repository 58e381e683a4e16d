/**
 * What a flow class says about itself, as plain data: the border between the language (`flow/`) and all that reads it.
 * next: `flow/describe-flow.ts`
 */

/** `@retry`: see the decorator for what each field means. Defaults: 3 times, 0 minutes, constant, no upper bound. */
export interface RetryOptions {
  /** Tries after the first; 0 protects a step with side effects from `--with retry`. */
  readonly times?: number;
  readonly minutesBetweenRetries?: number;
  readonly backoff?: 'constant' | 'exponential';
  /** Upper bound of one wait, in minutes. */
  readonly maxMinutes?: number;
}

/** `@timeout`: the three are summed; the sum must be above zero. */
export interface TimeoutOptions {
  readonly seconds?: number;
  readonly minutes?: number;
  readonly hours?: number;
}

/** `@resources`: what one task of the step needs. `cpu` in cores (may be a fraction), `memory` and `disk` in MB, `gpu` in devices. */
export interface ResourcesOptions {
  readonly cpu?: number;
  readonly memory?: number;
  readonly gpu?: number;
  readonly disk?: number;
}

/** `@catchError`: the field that takes the {@link Failure}; on a switch step also the case to go on with. */
export interface CatchErrorOptions {
  readonly var: string;
  readonly case?: string;
}

/** `@environment`: variables that are set before the step's code is loaded. */
export interface EnvironmentOptions {
  readonly vars: Readonly<Record<string, string>>;
}

/** A compute layer's decorator, such as `@batch({ memory: 10000 })`. */
export interface LayerOptions {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** How the tasks of a step share processes; for the steps of a foreach. */
export interface IsolationOptions {
  /** `process` (the default): each task has a fresh one. `reuse`: one process runs many tasks of the step, as many as take about two seconds. */
  readonly isolation?: 'process' | 'reuse';
  /** Most tasks of one process or job, instead of those that Leat would choose: 1 to 10,000. Implies `reuse`. */
  readonly chunk?: number;
}

/** All that decorators have hung on one step. */
export interface StepDecorators extends IsolationOptions {
  readonly retry?: RetryOptions;
  readonly timeout?: TimeoutOptions;
  readonly resources?: ResourcesOptions;
  readonly catchError?: CatchErrorOptions;
  readonly environment?: EnvironmentOptions;
  /** `@local`: `--with <layer>` does not move this step. */
  readonly local?: true;
  /** `@concurrency`: most places of the step at once. */
  readonly concurrency?: number;
  readonly layer?: LayerOptions;
}

/** Edges written in the decorator, `@step({ next, foreach })`, for a transition that cannot be read from the source. */
export interface DeclaredEdges {
  readonly next?: string | readonly string[] | Readonly<Record<string, string>>;
  /** The name of the artifact that holds the items. */
  readonly foreach?: string;
  /** The name of the artifact that chooses the case when `next` is a record. */
  readonly by?: string;
}

export interface StepDescription {
  readonly name: string;
  /** The method's text, as the engine of JavaScript prints it (`method.toString()`). */
  readonly source: string;
  readonly decorators: StepDecorators;
  readonly declared?: DeclaredEdges;
}

/** How a parameter's text becomes a value. */
export type ParameterKind = 'string' | 'number' | 'boolean' | 'list' | 'json' | 'file' | 'schema';

export interface ParameterDescription {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly help?: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly choices?: readonly (string | number)[];
  /** Between the entries of a list; `,` unless told. */
  readonly separator?: string;
  /** Kind of a list's entries. */
  readonly item?: 'string' | 'number' | 'boolean';
  /** What a `file` parameter's value is: the file's text, or its bytes. */
  readonly encoding?: 'utf8' | 'bytes';
  /** A Standard Schema that validates and converts (zod, valibot, arktype, …); lives in the process only, never stored. */
  readonly schema?: unknown;
}

export interface FlowDescription {
  readonly name: string;
  readonly steps: readonly StepDescription[];
  readonly parameters: readonly ParameterDescription[];
  /** Methods of the class that are no steps, so that messages can say so. */
  readonly helpers: readonly string[];
}
