/**
 * Flow class → {@link FlowDescription}: plain data about its steps, parameters and helpers. It looks at the class and at
 * one instance; it calls no step and judges no graph.
 *
 * next: `graph/build-graph.ts`
 */
import { isLeatError, LeatError } from '../errors/index.ts';
import type { FlowDescription, ParameterDescription, StepDescription } from './description.ts';
import { type FlowClass, isFlowClass } from './flow.ts';
import { parameterFacts } from './parameter.ts';
import { replacedSteps, stepRecord, type StepRecord } from './step-registry.ts';

type Method = (...args: never[]) => unknown;

/**
 * Describes a flow class. Steps and helpers come in the order of the class, those of a base class first; a method of a subclass
 * takes the place of the one that it overrides.
 *
 * @throws LeatError FLOW_INVALID
 */
export function describeFlow(flow: unknown): FlowDescription {
  if (!isFlowClass(flow)) {
    throw new LeatError(
      'FLOW_INVALID',
      `${typeof flow === 'function' ? `'${flow.name}'` : `a value of type ${typeof flow}`} is not a flow class`,
      {
        hint: 'A flow is a class that extends Flow: export default class MyFlow extends Flow { … }.',
      },
    );
  }
  const { name } = flow;
  if (name === '' || name === 'default') {
    throw new LeatError('FLOW_INVALID', 'the flow class has no name', {
      hint: 'Name it: export default class MyFlow extends Flow { … }. Runs are listed under this name.',
    });
  }
  if (!/^[A-Za-z][\w$]*$/.test(name)) {
    throw new LeatError('FLOW_INVALID', `'${name}' cannot be a flow's name`, {
      hint: 'Use letters, digits and _, a letter first. Where a minifier has changed it, let it keep names.',
    });
  }
  const methods = methodsOf(flow);
  const steps = [...methods].flatMap(([method, value]) => stepOf(name, method, value));
  const instance = instanceOf(flow);
  refuseReplaced(name, instance);
  return { name, steps, parameters: parametersOf(name, instance, methods), helpers: helpersOf(methods) };
}

/** The methods of a class and its bases up to `Flow`, the most derived ones, bases first. */
function methodsOf(flow: FlowClass): ReadonlyMap<string, Method> {
  const classes: FlowClass[] = [];
  for (let each: unknown = flow; isFlowClass(each); each = Object.getPrototypeOf(each)) classes.unshift(each);
  const methods = new Map<string, Method>();
  for (const { prototype } of classes as { prototype: object }[]) {
    for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (method === 'constructor' || typeof value !== 'function') continue;
      refuseLostStep(flow.name, method, methods.get(method), value as Method);
      methods.set(method, value as Method);
    }
  }
  return methods;
}

function refuseLostStep(flow: string, name: string, base: Method | undefined, own: Method): void {
  if (base === undefined || stepRecord(base)?.marked !== true || stepRecord(own)?.marked === true) return;
  throw new LeatError('FLOW_INVALID', `'${name}' of '${flow}' overrides a step but is not one`, {
    hint: 'Mark it: @step, with the other decorators that it needs.',
  });
}

function stepOf(flow: string, name: string, method: Method): StepDescription[] {
  const record = stepRecord(method);
  if (record === undefined) return [];
  refuseMisplaced(flow, name, record);
  const { decorators, declared } = record;
  return [
    { name, source: Function.prototype.toString.call(method), decorators, ...(declared && { declared }) },
  ];
}

function refuseMisplaced(flow: string, name: string, record: StepRecord): void {
  if (!record.marked) {
    const [first] = Object.keys(record.decorators);
    throw new LeatError('FLOW_INVALID', `'${name}' of '${flow}' carries @${first} but is not a step`, {
      hint: `Mark it: @step ${name}() { … }, or remove the decorator.`,
    });
  }
  if (record.name === name) return;
  throw new LeatError(
    'FLOW_INVALID',
    `steps '${record.name}' and '${name}' of '${flow}' are one and the same method`,
    { hint: 'Give each step a method of its own.' },
  );
}

function refuseReplaced(flow: string, instance: object): void {
  const [step] = replacedSteps(instance);
  if (step === undefined) return;
  throw new LeatError(
    'FLOW_INVALID',
    `another decorator has replaced step '${step}' of '${flow}' by a function of its own`,
    {
      hint: `Put @step above it, so that the new function is the step, and declare where it goes: @step({ next: 'someStep' }) @other ${step}() { … }.`,
    },
  );
}

function helpersOf(methods: ReadonlyMap<string, Method>): string[] {
  return [...methods].filter(([, method]) => stepRecord(method) === undefined).map(([name]) => name);
}

function parametersOf(
  flow: string,
  instance: object,
  methods: ReadonlyMap<string, Method>,
): ParameterDescription[] {
  const parameters: ParameterDescription[] = [];
  for (const [name, value] of Object.entries(instance)) {
    const facts = parameterFacts(value);
    if (facts === undefined) continue;
    if (methods.has(name)) {
      throw new LeatError('FLOW_INVALID', `'${name}' of '${flow}' is a parameter and a method`, {
        hint: 'Rename one of the two.',
      });
    }
    parameters.push({ name, ...facts });
  }
  return parameters;
}

function instanceOf(flow: FlowClass): object {
  try {
    return Reflect.construct(flow, []) as object;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LeatError('FLOW_INVALID', `an object of '${flow.name}' cannot be made: ${reason}`, {
      cause,
      hint:
        (isLeatError(cause) ? cause.hint : undefined) ??
        'Fields and the constructor of a flow run before every task: move work into steps.',
    });
  }
}
