/**
 * One step's source → what it says of the graph: its parameter, its transition, the fields it assigns and reads. Knows
 * no other step.
 */
import type { DeclaredEdges, StepDescription } from '../flow/description.ts';
import { findNext, type NextSite } from './find-next.ts';
import { misplacedNext, missingNext, unreadableNext } from './next-problems.ts';
import { type ParsedMethod, parseMethod, rangeOf } from './parse-method.ts';
import type { GraphProblem, ProblemKind, SourceRange } from './problem.ts';
import { type FieldUse, readFields } from './read-artifacts.ts';
import { readNext, type WrittenNext } from './read-next.ts';

/** What one step's source says. */
export interface StepReading {
  readonly name: string;
  readonly hasParameter: boolean;
  /** Absent for `end`, and where it cannot be read. */
  readonly next?: WrittenNext;
  /** Where `this.next(…)` stands; absent when it was declared. */
  readonly nextRange?: SourceRange;
  readonly fields: FieldUse;
  readonly problems: readonly GraphProblem[];
}

/** Reads a step. Problems stand in the result; nothing is thrown. */
export function readStep(step: StepDescription): StepReading {
  const { name, source } = step;
  const method = parseMethod(source);
  if (method === undefined) return unreadable(step);
  const problems = formProblems(name, method);
  const transition = name === 'end' ? readEnd(step, method) : readTransition(step, method);
  return {
    name,
    hasParameter: method.parameters.length > 0,
    fields: readFields(method),
    ...(transition.next && { next: transition.next }),
    ...(transition.range && { nextRange: transition.range }),
    problems: [...problems, ...transition.problems],
  };
}

/** `@step({ next, foreach, by })` in the form of what is read; `undefined` when nothing is declared. */
function declaredNext({ next, foreach, by }: DeclaredEdges): WrittenNext | undefined {
  if (next === undefined) return undefined;
  if (typeof next === 'string') {
    return foreach === undefined
      ? { kind: 'plain', to: [next] }
      : { kind: 'foreach', to: next, over: `this.${foreach}` };
  }
  if (isList(next)) return { kind: 'plain', to: next };
  return { kind: 'switch', cases: next, by: `this.${by ?? '…'}` };
}

interface TransitionReading {
  readonly next?: WrittenNext;
  readonly range?: SourceRange;
  readonly problems: readonly GraphProblem[];
}

const noFields: FieldUse = { assigns: [], reads: [], guards: [], places: new Map() };
const isList = (value: unknown): value is readonly string[] => Array.isArray(value);

function unreadable({ name, declared }: StepDescription): StepReading {
  const problem: GraphProblem = {
    kind: 'unreadable-source',
    step: name,
    message: `the source of step '${name}' cannot be read: another decorator or tool has replaced the method`,
    fix: `Put @step next to the method's name, below the other decorators: @other @step ${name}() { … }.`,
  };
  const next = declaredNext(declared ?? {});
  return { name, hasParameter: false, fields: noFields, ...(next && { next }), problems: [problem] };
}

function formProblems(name: string, method: ParsedMethod): GraphProblem[] {
  const problems: GraphProblem[] = [];
  if (method.isGenerator) {
    const fix = `Write ${method.isAsync ? 'async ' : ''}${name}() without the star.`;
    problems.push({
      kind: 'generator-step',
      step: name,
      message: `step '${name}' is a generator, and would never run`,
      fix,
    });
  }
  const [, second] = method.parameters;
  if (second !== undefined) {
    problems.push({
      kind: 'too-many-parameters',
      step: name,
      message: `step '${name}' has ${method.parameters.length} parameters; a step takes nothing, the item of its foreach, or Inputs`,
      fix: 'Make the item an object with several fields.',
      range: rangeOf(method, second),
    });
  }
  return problems;
}

function readEnd({ name, declared }: StepDescription, method: ParsedMethod): TransitionReading {
  const [site] = findNext(method).calls;
  if (site === undefined && declared?.next === undefined) return { problems: [] };
  const range = site && { range: rangeOf(method, site.call) };
  const fix = `Remove it, or give this step another name and add an 'end'.`;
  return {
    problems: [
      {
        kind: 'end-has-next',
        step: name,
        message: "'end' goes on to another step, but the run ends with it",
        fix,
        ...range,
      },
    ],
  };
}

function readTransition(step: StepDescription, method: ParsedMethod): TransitionReading {
  const declared = declaredNext(step.declared ?? {});
  const sites = findNext(method);
  const [only] = sites.calls;
  // What is declared stands, unless the source plainly says something else.
  if (declared !== undefined)
    return withDeclared(
      step.name,
      declared,
      only && sites.calls.length === 1 ? { method, site: only } : undefined,
    );
  if (only === undefined)
    return { problems: [missingNext(step.name, method, sites.alias && rangeOf(method, sites.alias))] };
  const misplaced = misplacedNext(step.name, method, sites.calls);
  if (misplaced !== undefined) return { problems: [misplaced] };
  const read = understood(step.name, method, only);
  if (sites.earlyReturn === undefined) return read;
  const early: GraphProblem = {
    kind: 'next-conditional',
    step: step.name,
    message: `step '${step.name}' can return before its this.next(…), and would then go nowhere`,
    fix: 'Let every way through the step end with the one this.next(…); to go to different steps use { by: … }.',
    range: rangeOf(method, sites.earlyReturn),
  };
  return { ...read, problems: [...read.problems, early] };
}

function withDeclared(
  name: string,
  declared: WrittenNext,
  source: { method: ParsedMethod; site: NextSite } | undefined,
): TransitionReading {
  const read = source === undefined ? undefined : readNext(source.method, source.site.call);
  if (
    source === undefined ||
    read === undefined ||
    !('written' in read) ||
    sameEdges(read.written, declared)
  ) {
    return { next: declared, problems: [] };
  }
  const problem: GraphProblem = {
    kind: 'declared-differs',
    step: name,
    message: `@step({ next: … }) of '${name}' declares ${edgesText(declared)}, but its this.next(…) says ${edgesText(read.written)}`,
    fix: 'Remove one of the two, or make them agree.',
    range: rangeOf(source.method, source.site.call),
  };
  return { next: declared, problems: [problem] };
}

function understood(name: string, method: ParsedMethod, { call }: NextSite): TransitionReading {
  const reading = readNext(method, call);
  const range = rangeOf(method, call);
  if (!('written' in reading)) return { problems: [unreadableNext(name, method, reading)] };
  const { written } = reading;
  const problem = (kind: ProblemKind, message: string, fix: string): TransitionReading => ({
    next: written,
    range,
    problems: [{ kind, step: name, message, fix, range }],
  });
  if (written.kind === 'switch' && Object.keys(written.cases).length < 2) {
    return problem(
      'switch-cases',
      `the switch of '${name}' has fewer than two cases`,
      'Add a case, or write this.next(this.step).',
    );
  }
  if (written.kind === 'plain' && new Set(written.to).size < written.to.length) {
    const twice = written.to.find((target, at) => written.to.indexOf(target) !== at);
    return problem(
      'duplicate-target',
      `step '${name}' branches to '${twice}' twice`,
      'Name each step once; for many tasks of one step use { foreach: … }.',
    );
  }
  return { next: written, range, problems: [] };
}

function sameEdges(left: WrittenNext, right: WrittenNext): boolean {
  return edgesText(left) === edgesText(right);
}

/** Without the source text of `over` and `by`: a declaration names a field, the source may compute it. */
function edgesText(next: WrittenNext): string {
  if (next.kind === 'foreach') return `a foreach over '${next.to}'`;
  if (next.kind === 'plain') return next.to.map((target) => `'${target}'`).join(', ');
  const cases = Object.entries(next.cases).map(([key, target]) => `${key}: '${target}'`);
  return `{ ${cases.toSorted().join(', ')} }`;
}
