// The start of a task in a container, against bare `podman run` of the same image that does nothing, side by side.
import { ContainerEngine, testImage } from '@leat/testing';
import { percent, perSecond } from './harness/figures.ts';
import { interleave } from './harness/interleave.ts';
import { flowFile, runLeat } from './harness/leat.ts';
import { measure, type Sample } from './harness/measure.ts';
import { median, pairedRatio } from './harness/median.ts';
import type { Answer, Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { newFolder } from './harness/work-folder.ts';

/** Items of the foreach: a container takes half a second, so a thousand would take minutes and tell no more. */
const items = 20;
/** Each run has `start`, the join and `end` besides its items. All are containers of their own. */
const tasks = items + 3;

async function answer({ rounds, inFlight, folder, say }: Settings): Promise<Answer> {
  const engine = ContainerEngine.prepare();
  const { environment } = engine;
  const image = await testImage(engine, 'node');
  const layer = `container:image=${image},network=none`;
  const flow = [flowFile('foreach'), '--items', String(items), '--max-workers', String(inFlight)];
  const bare = `seq ${tasks} | xargs -P ${inFlight} -I N podman run --rm --network none ${image} node -e 0`;
  say(`container: ${rounds} rounds of ${tasks} tasks and as many bare containers, ${inFlight} in flight`);
  const samples = interleave<'leat' | 'bare', Sample>(rounds, {
    leat: () => runLeat({ argv: ['run', ...flow, '--with', layer], inside: folder, environment }),
    bare: () => measure({ argv: ['/bin/sh', '-c', bare], folder: newFolder(folder, 'podman'), environment }),
  });
  await engine.stop();
  const [ours, theirs] = [samples.leat, samples.bare].map((side) => side.map(({ wall }) => tasks / wall)) as [
    number[],
    number[],
  ];
  const finding = {
    what: `foreach of ${items} in containers, tasks a second of the whole command, ${inFlight} in flight`,
    leat: perSecond(median(ours)),
    against: `${perSecond(median(theirs))} podman run`,
    ratio: percent(pairedRatio(ours, theirs)),
    budget: '',
    verdict: 'shown',
  } as const;
  return { findings: [finding], samples };
}

export const container: Question = {
  name: 'container',
  asks: 'tasks in containers a second, against bare `podman run`',
  answer,
};
