import type { CatchErrorOptions } from './description.ts';
import type { Failure } from './failure.ts';
import type { Flow } from './flow.ts';
import { decorated, hang } from './hang.ts';
import { LeatError } from '../errors/index.ts';
import { checkOptions } from './option-check.ts';
import type { StepMethod } from './step-decorators.ts';

/** The decorator's context when the field `K` of `F` can hold a {@link Failure} or nothing; else the complaint. */
export type CatchContext<F, K extends string> = K extends keyof F
  ? [Failure | undefined] extends [F[K]]
    ? ClassMethodDecoratorContext<F>
    : `field '${K}' cannot hold a Failure: declare it as '${K}?: Failure'`
  : `there is no field '${K}' on this flow: declare it as '${K}?: Failure'`;

/**
 * Lets the run go on when the step has failed for good: after the last try the {@link Failure} is stored in the field
 * `var`, and the tasks after this one see it. On success the field is `undefined`. A step that ends in a switch also
 * names the `case` to go on with; a foreach split goes on with no items.
 *
 * @example
 * declare failed?: Failure;
 *
 * @catchError({ var: 'failed' })
 * @retry({ times: 2 })
 * @step train(country: string) { … }
 */
export function catchError<const K extends string>(options: {
  readonly var: K;
  readonly case?: string;
}): <F extends Flow>(method: StepMethod<F>, context: CatchContext<F, K>) => void {
  const isName = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? undefined : 'a name';
  const checked = checkOptions<CatchErrorOptions>('@catchError', options, { var: isName, case: isName });
  if (checked.var === undefined) {
    throw new LeatError('OPTION_INVALID', "@catchError needs 'var', the field that takes the failure", {
      hint: "Write @catchError({ var: 'failed' }) and declare the field: declare failed?: Failure;",
    });
  }
  const decorate = (method: object, context: unknown): void =>
    hang(decorated('@catchError', method, context, decorate), '@catchError', { catchError: checked });
  return decorate;
}
