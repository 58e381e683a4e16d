/**
 * Which behaviours run on which shapes on a layer whose tasks take a second each or more: every behaviour that a layer can spoil, on the
 * smallest shape that shows it, and every kind of edge once.
 */
import type { Behaviour } from '../behaviours/behaviour.ts';
import { behaviours } from '../behaviours/cases/index.ts';
import type { Shape } from '../behaviours/shape.ts';
import { shapes } from '../behaviours/shapes.ts';

type Choice = readonly [shape: string, behaviour: string];

/** What counts is how many tasks follow each other: fewest where a foreach has no items. */
const everywhere: readonly Choice[] = [
  ['foreach', 'artifacts pass through'],
  ['branch', 'merge'],
  ['nested_foreach', 'foreach stack'],
  ['recursive_switch', 'tags and namespaces'],
  ['zero_foreach', 'retry'],
  ['zero_foreach', 'catchError'],
  ['zero_foreach', 'timeout'],
  ['linear', 'logs'],
  ['linear', 'exception'],
  ['small_foreach', 'resume at join'],
];

const whereTasksAreQuick: readonly Choice[] = [
  ['small_foreach', 'current'],
  ['linear', 'killed by a signal'],
  ['small_foreach', 'resume at foreach-inner'],
];

/**
 * See the file's header. Throws when a name is none any more.
 *
 * @param tasks `slow`: without what the layer's conformance suite or another behaviour of the list shows as well
 */
export function chosenBehaviours(
  tasks: 'quick' | 'slow',
): readonly { readonly shape: Shape; readonly behaviour: Behaviour }[] {
  return [...everywhere, ...(tasks === 'quick' ? whereTasksAreQuick : [])].map(
    ([shapeName, behaviourName]) => {
      const shape = shapes.find(({ name }) => name === shapeName);
      const behaviour = behaviours.find(({ name }) => name === behaviourName);
      if (shape === undefined || behaviour === undefined || behaviour.appliesTo?.(shape) === false)
        throw new Error(`there is no behaviour '${behaviourName}' on the shape '${shapeName}'`);
      return { shape, behaviour };
    },
  );
}
