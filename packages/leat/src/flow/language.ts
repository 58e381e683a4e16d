/**
 * All of the language that a flow's code calls. Whoever runs a flow provides it (`provideLanguage`): a code package then holds the
 * user's code alone, so that every task has less to read, and there is one copy of the language in a process.
 */
export { isLeatError, LeatError } from '../errors/index.ts';
export { catchError } from './catch-error.ts';
export { concurrency } from './concurrency.ts';
export { container } from './container.ts';
export { current } from './current.ts';
export { file } from './file.ts';
export { Flow } from './flow.ts';
export { parameter } from './parameter.ts';
export { step } from './step.ts';
export { environment, layerDecorator, local, resources, retry, timeout } from './step-decorators.ts';
export { steps } from './steps.ts';
