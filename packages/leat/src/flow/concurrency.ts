import { LeatError } from '../errors/index.ts';
import { decorated, hang, type StepDecorator } from './hang.ts';

/**
 * At most this many tasks of the step run at once, however many places there are: for a database that takes ten connections. Other
 * steps go on meanwhile. A process that runs many tasks of a step counts as one.
 *
 * @example
 * @concurrency(10)
 * @step load(shard: string) { … }
 * @throws LeatError OPTION_INVALID
 */
export function concurrency(places: number): StepDecorator {
  if (!Number.isSafeInteger(places) || places < 1) {
    const given: unknown = places;
    throw new LeatError(
      'OPTION_INVALID',
      `@concurrency takes a whole number of at least 1, got ${typeof given === 'string' ? `'${given}'` : JSON.stringify(given)}`,
      { hint: 'Write @concurrency(10): at most ten tasks of the step at once.' },
    );
  }
  const decorate = (method: object, context: unknown): void =>
    hang(decorated('@concurrency', method, context, decorate), '@concurrency', { concurrency: places });
  return decorate;
}
