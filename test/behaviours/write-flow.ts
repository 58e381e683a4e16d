/** A shape and a behaviour woven into the text of a flow file. */
import type { Behaviour } from './behaviour.ts';
import type { Shape, ShapeStep } from './shape.ts';

const parameterText = (step: ShapeStep): string =>
  step.takes === 'item' ? 'item: unknown' : step.takes === 'inputs' ? 'inputs: Inputs<GeneratedFlow>' : '';

function methodText(step: ShapeStep, shape: Shape, behaviour: Behaviour): string {
  const decorators = [...(behaviour.decorators?.(step, shape) ?? []), '@step']
    .map((text) => `  ${text}\n`)
    .join('');
  const body = [step.prelude, behaviour.body(step, shape), step.next && `${step.next};`]
    .filter(Boolean)
    .map((text) => `    ${text}\n`)
    .join('');
  return `${decorators}  async ${step.name}(${parameterText(step)}) {\n${body}  }\n`;
}

/** The source of `class GeneratedFlow`. */
export function flowText(shape: Shape, behaviour: Behaviour): string {
  return [
    "import { catchError, current, Flow, parameter, retry, step, timeout, type Failure, type Inputs } from 'leat';",
    behaviour.prelude ?? '',
    'void [catchError, current, parameter, retry, timeout];',
    'function expect(what: unknown, message: string): void {',
    '  if (!what) throw new Error(`expected: ${message}`);',
    '}',
    'void expect;',
    'export default class GeneratedFlow extends Flow {',
    `  ${shape.fields}`,
    `  ${behaviour.fields ?? ''}`,
    ...shape.steps.map((step) => methodText(step, shape, behaviour)),
    '}',
    '',
  ].join('\n');
}
