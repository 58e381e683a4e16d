/** What to say when an artifact is read that nobody has set. Pure. */
import { LeatError } from '../errors/index.ts';
import type { KnownArtifact } from '../plan/task-spec.ts';

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(' and ');

/** Where it was read. */
export interface UnsetRead {
  readonly step: string;
  /** The expression: `this.score`, `inputs[3].score`. */
  readonly expression: string;
  /** The step is a join, or the read was of one of its inputs. */
  readonly from: 'step' | 'join' | 'input';
}

const hints: Readonly<Record<UnsetRead['from'], (name: string) => string>> = {
  step: (name) =>
    `Set 'this.${name}' on every way that leads here. After a join only that is left which the join has set itself or taken over with this.merge(inputs).`,
  join: (name) =>
    `A join starts without artifacts: read it from an input, such as inputs[0].${name}, or take it over with this.merge(inputs).`,
  input: (name) => `Set 'this.${name}' on every way that leads to this join.`,
};

/** The error for the read of an artifact that some step sets, but none on the way to this one. */
export function unsetArtifact(
  { name, steps }: KnownArtifact,
  { step, expression, from }: UnsetRead,
): LeatError {
  const setters = `${steps.length === 1 ? 'step' : 'steps'} ${quoted(steps)} ${steps.length === 1 ? 'sets' : 'set'} it`;
  const where =
    steps.length === 1 && steps[0] === step
      ? `and '${step}' sets it only later`
      : `but ${setters}, not on the way to here`;
  return new LeatError('ARTIFACT_UNSET', `'${expression}' was read in step '${step}', ${where}`, {
    hint: hints[from](name),
    details: { name, step, steps },
  });
}
