import type { FlowGraph, GraphStep } from '../graph/graph.ts';
import type { KnownArtifact } from './task-spec.ts';

/**
 * The artifacts that a step may ask for, in the order in which the class first mentions them. `always` only where a step
 * that comes surely before, outside of the reader's own loop, assigns it on every way: in a loop the first time round finds
 * nothing yet. Nor where the reader itself says that the artifact may be missing: `this.round ?? 0`, `this.found?.name`.
 */
export function knownArtifacts({ steps }: FlowGraph, reader: GraphStep): readonly KnownArtifact[] {
  const known = new Map<string, { steps: string[]; always: boolean }>();
  for (const step of steps) {
    const sameLoop = step.name === reader.name || (step.loop !== undefined && step.loop === reader.loop);
    for (const { name, always } of step.assigns) {
      const entry = known.get(name) ?? { steps: [], always: false };
      entry.steps.push(step.name);
      entry.always ||= always && !sameLoop && reader.guards?.includes(name) !== true;
      known.set(name, entry);
    }
  }
  return [...known].map(([name, entry]) => ({ name, ...entry }));
}
