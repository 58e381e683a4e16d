/**
 * Which behaviours run on which shapes on a layer whose tasks take a second each: every behaviour that a layer can spoil, on the
 * smallest shape that shows it, and every kind of edge once.
 */
import type { Behaviour } from '../behaviours/behaviour.ts';
import { behaviours } from '../behaviours/cases/index.ts';
import type { Shape } from '../behaviours/shape.ts';
import { shapes } from '../behaviours/shapes.ts';

const chosen: readonly (readonly [shape: string, behaviour: string])[] = [
  ['foreach', 'artifacts pass through'],
  ['branch', 'merge'],
  ['switch_in_foreach', 'foreach stack'],
  ['small_foreach', 'current'],
  ['linear', 'retry'],
  ['linear', 'catchError'],
  ['linear', 'timeout'],
  ['zero_foreach', 'logs'],
  ['linear', 'exception'],
  ['linear', 'killed by a signal'],
  ['small_foreach', 'resume at foreach-inner'],
];

/** See the file's header. Throws when a name is none any more. */
export function chosenBehaviours(): readonly { readonly shape: Shape; readonly behaviour: Behaviour }[] {
  return chosen.map(([shapeName, behaviourName]) => {
    const shape = shapes.find(({ name }) => name === shapeName);
    const behaviour = behaviours.find(({ name }) => name === behaviourName);
    if (shape === undefined || behaviour === undefined || behaviour.appliesTo?.(shape) === false)
      throw new Error(`there is no behaviour '${behaviourName}' on the shape '${shapeName}'`);
    return { shape, behaviour };
  });
}
