import type { FlowDescription, StepDescription } from '../flow/description.ts';
import type { GraphProblem } from './problem.ts';
import type { StepReading } from './read-step.ts';

// What `Flow` itself and every object have: a field or method of this name would hide it.
const reserved = new Set([
  'next',
  'merge',
  'input',
  'index',
  'foreachStack',
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
]);

/** Checks the names of steps, parameters and artifacts against each other. */
export function checkNames(
  { steps, parameters, helpers }: FlowDescription,
  readings: readonly StepReading[],
): GraphProblem[] {
  const stepNames = new Set(steps.map(({ name }) => name));
  const methods = new Set([...stepNames, ...helpers]);
  const parameterNames = new Set(parameters.map(({ name }) => name));
  return [
    ...steps.flatMap(({ name }) => checkStepName(name)),
    ...[...parameterNames]
      .filter((name) => reserved.has(name))
      .map((name) => reservedName(name, 'parameter')),
    ...equalButForCase([...stepNames]),
    ...readings.flatMap((reading) => checkArtifacts(reading, methods, parameterNames)),
    ...steps.flatMap((step) => checkCatch(step, { stepNames, methods, parameterNames })),
  ];
}

/** Whether a name belongs to `Flow` itself. */
export const isReserved = (name: string): boolean => reserved.has(name);

function reservedName(name: string, what: string, step?: string): GraphProblem {
  return {
    kind: 'reserved-name',
    ...(step !== undefined && { step }),
    message: `'${name}' cannot be the name of ${what === 'artifact' ? 'an' : 'a'} ${what}: Leat uses it`,
    fix: `Choose another name, such as '${name}_'.`,
  };
}

function checkStepName(name: string): GraphProblem[] {
  if (reserved.has(name)) return [reservedName(name, 'step', name)];
  if (/^[A-Za-z$_][\w$]*$/.test(name)) return [];
  return [
    {
      kind: 'bad-name',
      step: name,
      message: `'${name}' cannot be the name of a step: addresses, paths and platforms carry it`,
      fix: 'Use letters of the English alphabet, digits, _ and $.',
    },
  ];
}

function equalButForCase(names: readonly string[]): GraphProblem[] {
  const alike = Map.groupBy(names, (name) => name.toLowerCase());
  return [...alike.values()]
    .filter((group) => group.length > 1)
    .map((group) => ({
      kind: 'names-differ-by-case',
      step: group[1] as string,
      message: `steps ${group.map((name) => `'${name}'`).join(' and ')} differ only by case: some file systems and platforms cannot tell them apart`,
      fix: 'Rename one of them.',
    }));
}

function checkArtifacts(
  { name, fields }: StepReading,
  methods: ReadonlySet<string>,
  parameters: ReadonlySet<string>,
): GraphProblem[] {
  return [...fields.places].flatMap(([field, range]): GraphProblem[] => {
    if (methods.has(field)) {
      const message = `step '${name}' assigns this.${field}, but '${field}' is a method of the flow`;
      return [
        { kind: 'artifact-is-step', step: name, message, fix: 'Rename the field or the method.', range },
      ];
    }
    if (reserved.has(field)) return [{ ...reservedName(field, 'artifact', name), range }];
    if (!parameters.has(field)) return [];
    const message = `step '${name}' assigns this.${field}, but '${field}' is a parameter, and parameters are read-only`;
    return [
      { kind: 'parameter-assigned', step: name, message, fix: 'Put the value into another field.', range },
    ];
  });
}

interface Names {
  readonly stepNames: ReadonlySet<string>;
  readonly methods: ReadonlySet<string>;
  readonly parameterNames: ReadonlySet<string>;
}

function checkCatch(
  { name, decorators }: StepDescription,
  { stepNames, methods, parameterNames }: Names,
): GraphProblem[] {
  const field = decorators.catchError?.var;
  if (field === undefined) return [];
  const taken = stepNames.has(field)
    ? 'a step'
    : methods.has(field)
      ? 'a method'
      : parameterNames.has(field)
        ? 'a parameter'
        : undefined;
  if (taken === undefined && !reserved.has(field)) return [];
  return [
    {
      kind: 'catch-var',
      step: name,
      message: `@catchError of '${name}' stores the failure in '${field}', which is ${taken ?? 'a name that Leat uses'}`,
      fix: "Name a field of its own: declare failed?: Failure; and @catchError({ var: 'failed' }).",
    },
  ];
}
