import type { AttemptRequest } from 'leat/compute';
import { describe, it } from 'vitest';
import { type Behaviour, conformanceRequest } from '../conformance-tasks.ts';
import { layerConformance } from '../layer-conformance.ts';
import type { SimulatedMember, SimulatedTask } from './simulated-job.ts';
import { SimulatedLayer } from './simulated-layer.ts';
import { VirtualClock } from '../virtual-clock.ts';

const forever = 1e12;

/** What a process of the suite looks like from outside; what it prints while it hangs, and how V8 dies, is not simulated. */
const simulated: Readonly<Partial<Record<Behaviour, SimulatedTask>>> = {
  succeed: { durationMs: 10 },
  fail: { durationMs: 10, exitCode: 1 },
  exit: { durationMs: 10, exitCode: 7 },
  die: { durationMs: 10, exitCode: 137 },
};

const members: Readonly<Partial<Record<Behaviour, (at: number) => SimulatedMember>>> = {
  succeed: () => ({ durationMs: 1 }),
  speak: (at) => ({ durationMs: 1, output: `I am ${at}${at % 2 === 0 ? '' : '\n'}` }),
  tarry: (at) => ({ durationMs: at < 2 ? 2000 : forever, output: `I am ${at}\n` }),
  dieThird: (at) => ({ durationMs: 1, ...(at === 2 ? { exitCode: 137 } : {}) }),
};

function taskOf({ spec, chunk }: AttemptRequest): SimulatedTask {
  const behaviour = spec.step as Behaviour;
  const own = members[behaviour];
  if (chunk === undefined || own === undefined) return simulated[behaviour] ?? { durationMs: forever };
  return { durationMs: 0, members: chunk.members.map((_, at) => own(at)) };
}

describe('the simulated layer keeps the promises of a layer that it can', () => {
  for (const { name, needs, chunks, local, run } of layerConformance) {
    const can = needs.every((behaviour) => behaviour in (chunks === true ? members : simulated));
    if (!can || local === true) continue;
    it(name, async () => {
      const clock = new VirtualClock();
      const layer = new SimulatedLayer({ clock, seed: 1, task: taskOf });
      await clock.run(run({ layer, request: conformanceRequest }));
    });
  }
});
