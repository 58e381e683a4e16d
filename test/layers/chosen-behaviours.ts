/**
 * Which behaviours run on which shapes on a layer whose tasks take a second each or more: every behaviour that a layer can spoil, on the
 * smallest shape that shows it, and every kind of edge once.
 */
import type { Behaviour } from '../behaviours/behaviour.ts';
import { behaviours } from '../behaviours/cases/index.ts';
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
  ],
  batch: [
    ['linear', 'retry'],
    ['nested_foreach', 'foreach stack'],
    ['recursive_switch', 'tags and namespaces'],
    ['small_foreach', 'resume at join'],
  ],
};

/** See the file's header. Throws when a name is none any more. */
export function chosenBehaviours(
  layer: 'container' | 'batch',
): readonly { readonly shape: Shape; readonly behaviour: Behaviour }[] {
  return [...everywhere, ...onlyOn[layer]].map(([shapeName, behaviourName]) => {
    const shape = shapes.find(({ name }) => name === shapeName);
    const behaviour = behaviours.find(({ name }) => name === behaviourName);
    if (shape === undefined || behaviour === undefined || behaviour.appliesTo?.(shape) === false)
      throw new Error(`there is no behaviour '${behaviourName}' on the shape '${shapeName}'`);
    return { shape, behaviour };
  });
}
