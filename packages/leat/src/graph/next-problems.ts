import { isDownLevelled, type NextSite } from './find-next.ts';
import { type ParsedMethod, rangeOf } from './parse-method.ts';
import type { GraphProblem, SourceRange } from './problem.ts';
import { type NextReading, readNext, type WrittenNext } from './read-next.ts';

/** A step in which no call of `this.next` was found. */
export function missingNext(
  name: string,
  method: ParsedMethod,
  alias: SourceRange | undefined,
): GraphProblem {
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

/** A `this.next` that does not stand where it must; `undefined` when it does. */
export function misplacedNext(
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
      fix:
        calls.length === 1 && conditional.inTry === true
          ? 'Move it behind the try statement.'
          : switchFix(method, calls),
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

/** A call of `this.next` whose arguments are no plain steps. */
export function unreadableNext(
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
