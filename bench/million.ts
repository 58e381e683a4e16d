// Design §6, row 3: a foreach of 1,000,000 items in reused processes: done, in how much of the engine's memory and CPU.
import { megabytes, microseconds, perSecond, seconds } from './harness/figures.ts';
import { verdict, type Answer, type Finding, type Question, type Verdict } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { wideRuns } from './harness/wide-run.ts';

/** Bytes: 512 MB. */
export const memoryBudget = 512e6;
/** Seconds of CPU a task. */
export const cpuBudget = 50e-6;

function answer({ millionItems, inFlight, folder, say }: Settings): Answer {
  const base = wideRuns({ items: 1, isolation: 'reuse', inFlight, folder }, 1);
  say(`million: ${millionItems} items`);
  const runs = wideRuns({ items: millionItems, isolation: 'reuse', inFlight, folder }, 1);
  const [run] = runs;
  const [one] = base;
  if (run === undefined || one === undefined) throw new Error('nothing was run');
  const finding = (
    what: string,
    leat: string,
    [budget, judged]: readonly [string, Verdict] = ['', 'shown'],
  ): Finding => ({ what, leat, against: '', ratio: '', budget, verdict: judged });
  const { wall, cpu, ownCpu, peakMemory, peakTree } = run;
  const name = `${millionItems.toLocaleString('en')}-item foreach, reused processes`;
  const findings: readonly Finding[] = [
    finding(`${name}: done, each result in the join`, seconds(wall), ['done', 'met']),
    finding(`the same foreach: engine's peak memory (VmHWM)`, megabytes(peakMemory), [
      '≤ 512 MB',
      verdict(peakMemory <= memoryBudget),
    ]),
    finding(
      `the same foreach: engine's own CPU a task: scheduler, state, events, results, progress`,
      microseconds(ownCpu / millionItems),
      ['≤ 50 µs', verdict(ownCpu / millionItems <= cpuBudget)],
    ),
    finding(
      'the same without what a run of one item takes',
      microseconds((ownCpu - one.ownCpu) / millionItems),
    ),
    finding(`CPU a task of the processes that run tasks`, microseconds((cpu - ownCpu) / millionItems)),
    finding('tasks a second, the whole command', perSecond(millionItems / wall)),
    finding('peak memory of all processes (PSS)', megabytes(peakTree)),
  ];
  return { findings, samples: { base, runs } };
}

export const million: Question = {
  name: 'million',
  asks: 'a foreach of 1,000,000 in reused processes: done, engine at most 512 MB and 50 µs of CPU a task',
  answer,
};
