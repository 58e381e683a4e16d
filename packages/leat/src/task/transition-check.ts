/** Whether what a step said with `this.next(…)` is what the graph says. Pure. */
import { LeatError } from '../errors/index.ts';
import type { NextCall } from '../flow/step-host.ts';
import type { TaskSpec } from '../plan/task-spec.ts';

type Expected = TaskSpec['next'];

const list = (names: readonly string[]): string => names.map((name) => `this.${name}`).join(', ');

const cases = (record: Readonly<Record<string, string>>): string =>
  Object.entries(record)
    .map(([name, step]) => `${name}: this.${step}`)
    .join(', ');

function expectedText(expected: Expected): string {
  switch (expected.kind) {
    case 'end':
      return 'that the run ends here';
    case 'linear':
      return `this.next(this.${expected.to})`;
    case 'branch':
      return `this.next(${list(expected.to)})`;
    case 'foreach':
      return `this.next(this.${expected.to}, { foreach: … })`;
    case 'switch':
      return `this.next({ ${cases(expected.cases)} }, { by: … })`;
  }
}

function callText(call: NextCall): string {
  switch (call.kind) {
    case 'linear':
    case 'branch':
      return `this.next(${list(call.targets)})`;
    case 'foreach':
      return `this.next(this.${call.target}, { foreach: … })`;
    case 'switch':
      return `this.next({ ${cases(call.cases)} }, { by: … })`;
  }
}

function agrees(expected: Expected, call: NextCall): boolean {
  // Compared as text: it has everything that matters, and the order of branches is the order of the join's inputs.
  return expected.kind !== 'end' && expected.kind === call.kind && expectedText(expected) === callText(call);
}

/** Lets a call pass that the graph allows. @throws LeatError TRANSITION_INVALID for another one. */
export function checkTransition(step: string, expected: Expected, call: NextCall): void {
  if (agrees(expected, call)) return;
  throw new LeatError(
    'TRANSITION_INVALID',
    `step '${step}' called ${callText(call)}, but its graph says ${expectedText(expected)}`,
    {
      hint: 'The graph is read from the source of the step before the run starts: write the call out in the step, with the steps themselves, and only one.',
      details: { step },
    },
  );
}

/** The error for a second call. */
export function secondTransition(step: string, first: NextCall, second: NextCall): LeatError {
  return new LeatError(
    'TRANSITION_INVALID',
    `step '${step}' called this.next(…) twice: first ${callText(first)}, then ${callText(second)}`,
    {
      hint: 'A step goes on once, with its last statement. To go on to several steps at once name them all in one call.',
      details: { step },
    },
  );
}

/** The error for a step that has ended without a call. */
export function missingTransition(step: string, expected: Expected): LeatError {
  return new LeatError(
    'TRANSITION_INVALID',
    `step '${step}' ended without this.next(…); its graph says ${expectedText(expected)}`,
    {
      hint: 'Every step but end calls this.next(…) with its last statement, whatever came before: no `return` may go past it.',
      details: { step },
    },
  );
}
