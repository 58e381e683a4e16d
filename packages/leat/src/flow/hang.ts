import { LeatError } from '../errors/index.ts';
import type { StepDecorators } from './description.ts';
import type { Flow } from './flow.ts';
import { openStepRecord, type StepRecord } from './step-registry.ts';

/** What the compiler is told that our decorators are: they take a method of a flow and leave it as it is. */
export type StepDecorator = <F extends Flow>(
  method: (this: F, ...args: never[]) => unknown,
  context: ClassMethodDecoratorContext<F>,
) => void;

type Hang = (method: object, context: unknown) => void;

/**
 * The record of the method that a decorator stands on.
 *
 * @param label the decorator as the user wrote it, such as `@retry`
 * @param caller the function that the compiler's helper called: the stack is recorded from there
 * @throws LeatError FLOW_INVALID when it stands on something that can be no step
 */
export function decorated(label: string, method: object, context: unknown, caller: Hang): StepRecord {
  const { kind, name, isStatic, isPrivate } = standardContext(label, context);
  if (kind !== 'method' || isStatic || isPrivate || typeof name !== 'string') {
    const what = `${isStatic ? 'static ' : ''}${isPrivate ? 'private ' : ''}${kind}`;
    throw new LeatError(
      'FLOW_INVALID',
      `${label} stands on the ${what} '${String(name)}', expected a method`,
      {
        hint: 'A step is a public method of the flow class: @step name() { … }.',
      },
    );
  }
  return openStepRecord(method, name, caller);
}

/** Hangs one value on a method; twice the same decorator is an error, since only one could win. */
export function hang<K extends keyof StepDecorators>(
  record: StepRecord,
  label: string,
  entry: Pick<StepDecorators, K>,
): void {
  const [key] = Object.keys(entry) as [K];
  if (record.decorators[key] !== undefined) {
    throw new LeatError(
      'FLOW_INVALID',
      `step '${record.name}' carries ${key === 'layer' ? `two compute layers, one is ${label}` : `${label} twice`}`,
      {
        hint: 'Keep one of the two.',
      },
    );
  }
  record.decorators = { ...record.decorators, ...entry };
}

function standardContext(
  label: string,
  context: unknown,
): DecoratorContext & { readonly isStatic: boolean; readonly isPrivate: boolean } {
  if (typeof context === 'object' && context !== null && 'kind' in context) {
    const standard = context as DecoratorContext & { readonly static?: boolean; readonly private?: boolean };
    return Object.assign(
      { ...standard },
      { isStatic: standard.static === true, isPrivate: standard.private === true },
    );
  }
  const where = typeof context === 'string' ? ` on '${context}'` : '';
  throw new LeatError(
    'FLOW_INVALID',
    `${label}${where} was compiled as a legacy decorator (experimentalDecorators)`,
    {
      hint: 'Leat uses standard decorators: remove "experimentalDecorators" from the tsconfig that your tool reads, or run the file with `npx leat run`, which needs no tsconfig.',
    },
  );
}
