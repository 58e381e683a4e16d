/**
 * One step's source → what it says of the graph: its parameter, its transition, the fields it assigns and reads. Knows
 * no other step.
 */
import type { DeclaredEdges, StepDescription } from '../flow/description.ts';
import { findNext, isDownLevelled, type NextSite } from './find-next.ts';
import { type ParsedMethod, parseMethod, rangeOf, textOf } from './parse-method.ts';
import type { GraphProblem, ProblemKind, SourceRange } from './problem.ts';
import { type FieldUse, readFields } from './read-artifacts.ts';
import { type NextReading, readNext, type WrittenNext } from './read-next.ts';

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
export function declaredNext({ next, foreach, by }: DeclaredEdges): WrittenNext | undefined {
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

const noFields: FieldUse = { assigns: [], reads: [], places: new Map() };
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

function missingNext(name: string, method: ParsedMethod, alias: SourceRange | undefined): GraphProblem {
  if (isDownLevelled(method)) {
    return {
      kind: 'down-levelled',
      step: name,
      message: `step '${name}' was compiled for a target before ES2017, where async functions become something else`,
      fix: 'Compile for ES2017 or later ("target": "es2022" in the tsconfig or the bundler).',
    };
  }
  if (alias !== undefined) {
    return {
      kind: 'next-unreadable',
      step: name,
      message: `the transition of step '${name}' cannot be read: 'this' or 'this.next' is used under another name`,
      fix: `Write this.next(…) itself, or declare the transition: @step({ next: 'someStep' }) ${name}() { … }.`,
      range: alias,
    };
  }
  return {
    kind: 'no-next',
    step: name,
    message: `step '${name}' does not say where the run goes on`,
    fix: `End it with this.next(this.someStep), or this.next(this.end). A helper cannot say it for the step: declare @step({ next: 'someStep' }) then.`,
  };
}

function misplacedNext(
  name: string,
  method: ParsedMethod,
  calls: readonly NextSite[],
): GraphProblem | undefined {
  const conditional = calls.find(({ stands }) => stands === 'conditional');
  if (conditional !== undefined) {
    return {
      kind: 'next-conditional',
      step: name,
      message: `the transition of step '${name}' depends on a condition; this.next(…) must be the last statement of the step, outside if, loop and try`,
      fix: switchFix(method, calls),
      range: rangeOf(method, conditional.call),
    };
  }
  const [first, second] = calls;
  if (second !== undefined) {
    const message = `step '${name}' calls this.next(…) ${calls.length} times`;
    return {
      kind: 'next-twice',
      step: name,
      message,
      fix: 'Keep one: this.next(this.a, this.b) goes on to both.',
      range: rangeOf(method, second.call),
    };
  }
  if (first === undefined || first.stands === 'last') return undefined;
  const message = `this.next(…) is not the last statement of step '${name}'`;
  return {
    kind: 'next-not-last',
    step: name,
    message,
    fix: 'Move what follows before it.',
    range: rangeOf(method, first.call),
  };
}

function switchFix(method: ParsedMethod, calls: readonly NextSite[]): string {
  const targets = calls.flatMap(({ call }) => {
    const read = readNext(method, call);
    return 'written' in read && read.written.kind === 'plain' && read.written.to.length === 1
      ? read.written.to
      : [];
  });
  const names = [...new Set(targets)];
  if (names.length < 2)
    return 'Put the choice into a field and end the step with this.next({ yes: this.a, no: this.b }, { by: this.choice }).';
  const cases = names.map((target) => `${target}: this.${target}`).join(', ');
  return `Put the choice into a field and end the step with this.next({ ${cases} }, { by: this.choice }), where this.choice is ${names.map((target) => `'${target}'`).join(' or ')}.`;
}

function unreadableNext(
  name: string,
  method: ParsedMethod,
  reading: Exclude<NextReading, { written: WrittenNext }>,
): GraphProblem {
  if ('gang' in reading) {
    return {
      kind: 'gang',
      step: name,
      message: `step '${name}' starts a gang of '${reading.gang}' with { parallel: … }, which comes in a later version`,
      fix: 'Use { foreach: … } where the tasks need not know each other.',
    };
  }
  return {
    kind: 'next-unreadable',
    step: name,
    message: `the transition of step '${name}' cannot be read: ${reading.why}`,
    fix: `Write the steps out, as in this.next(this.a, this.b), or declare them: @step({ next: ['a', 'b'] }) ${name}() { … }.`,
    range: rangeOf(method, reading.unreadable),
  };
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
