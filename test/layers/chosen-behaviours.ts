/**
 * Which behaviours run on which shapes on a layer whose tasks take a second each or more: every behaviour that a layer can spoil, on the
 * smallest shape that shows it, and every shape once. With LEAT_BEHAVIOURS=all in the environment all of them run: 252 took a quarter of an hour in containers on two cores.
 *
 *     LEAT_BEHAVIOURS=all npx vitest run --project=system test/layers/container-behaviours.test.ts
 */
import type { Behaviour } from '../behaviours/behaviour.ts';
import { behaviours } from '../behaviours/cases/index.ts';
import { runIdFile } from '../behaviours/cases/run-id-file.ts';
import type { Shape } from '../behaviours/shape.ts';
import { shapes } from '../behaviours/shapes.ts';

type Choice = readonly [shape: string, behaviour: string];

const everywhere: readonly Choice[] = [
  ['foreach', 'artifacts pass through'],
  ['branch', 'merge'],
  ['small_foreach', 'current'],
  ['linear', 'catchError'],
  ['linear', 'timeout'],
  ['zero_foreach', 'logs'],
  ['linear', 'exception'],
];

/** On Batch the layer's conformance suite shows signals. */
const onlyOn: Readonly<Record<'container' | 'batch', readonly Choice[]>> = {
  container: [
    ['switch_in_foreach', 'foreach stack'],
    ['linear', 'retry'],
    ['linear', 'killed by a signal'],
    ['small_foreach', 'resume at foreach-inner'],
    ['linear', 'parameters'],
  ],
  batch: [
    ['linear', 'retry'],
    ['nested_foreach', 'foreach stack'],
    ['recursive_switch', 'tags and namespaces'],
    ['small_foreach', 'resume at join'],
  ],
};

interface Chosen {
  readonly shape: Shape;
  readonly behaviour: Behaviour;
}

/** Whether every behaviour was asked for. */
export const isAllWanted: boolean = process.env['LEAT_BEHAVIOURS'] === 'all';

/** All but the one whose step reads a file of the engine's machine. */
const allBehaviours = (): readonly Chosen[] =>
  shapes.flatMap((shape) =>
    behaviours
      .filter(({ name, appliesTo }) => name !== runIdFile.name && appliesTo?.(shape) !== false)
      .map((behaviour) => ({ shape, behaviour })),
  );

/** See the file's header. Throws when a name is none any more. */
export function chosenBehaviours(layer: 'container' | 'batch'): readonly Chosen[] {
  if (isAllWanted) return allBehaviours();
  const named = [...everywhere, ...onlyOn[layer]];
  const others = shapes
    .filter(({ name }) => !named.some(([shape]) => shape === name))
    .map(({ name }): Choice => [name, 'artifacts pass through']);
  return [...named, ...others].map(([shapeName, behaviourName]) => {
    const shape = shapes.find(({ name }) => name === shapeName);
    const behaviour = behaviours.find(({ name }) => name === behaviourName);
    if (shape === undefined || behaviour === undefined || behaviour.appliesTo?.(shape) === false)
      throw new Error(`there is no behaviour '${behaviourName}' on the shape '${shapeName}'`);
    return { shape, behaviour };
  });
}
