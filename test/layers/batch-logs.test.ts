// What tasks on Batch print is there to the last line, also when their container is killed with the agent in it before that could store the end:
// by Spot, by Spot with a retry of Batch's own, by memory that ran out. Real containers; their log goes to the stand-in's CloudWatch.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatOnBatch } from './leat-on-batch.ts';

let leat: Leat;
leatOnBatch('logs', (ownLeat) => {
  leat = ownLeat;
});

const count = 200;

/** A step that prints, waits until its agent has stored some of it, prints more and has its container killed before that is stored. */
const dying = (die: string, dies: string): string => `
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Flow, step, local, current } from 'leat';
const print = (word: string) => {
  for (let at = 0; at < ${count}; at += 1) console.log(word + ' ' + at);
  console.error(word + ' ends, žluť');
};
export default class DyingFlow extends Flow {
  @local @step start() { this.next(this.far); }
  @step async far() {
    const which = current.attempt + '.' + process.env.AWS_BATCH_JOB_ATTEMPT;
    print('early ' + which);
    await setTimeout(2500);
    print('late ' + which);
    // Long enough for the agent to pass it on, and too short to store it.
    await setTimeout(300);
    if (${dies}) {
      ${die}
      await setTimeout(600_000);
    }
    this.next(this.end);
  }
  @local @step end() {}
}`;

const reclaim = `await fetch(new URL('/reclaim?job=' + process.env.AWS_BATCH_JOB_ID, process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI), { method: 'POST' });`;

/** The kernel ends the agent first, which is the first process of its container. */
const exhaust = `
      writeFileSync('/proc/' + process.ppid + '/oom_score_adj', '1000');
      for (const all: Buffer[] = []; ; await setTimeout(1)) all.push(Buffer.alloc(8e6, 1));`;

const printed = (...words: readonly string[]): readonly string[] =>
  words.flatMap((word) => [
    ...Array.from({ length: count }, (_, at) => `${word} ${at}`),
    `${word} ends, žluť`,
  ]);

/** The lines of an attempt's log; streams may pass each other. */
async function linesOf(attempt: number): Promise<readonly string[]> {
  const { stdout, stderr } = await leat.ok(['logs', `DyingFlow/latest/far@${attempt}`]);
  return `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
}

interface Gate {
  /** Answers nobody before it is open. */
  readonly address: string;
  open(): void;
  close(): void;
}

/** What a task waits for; its container is on this machine's network. */
async function openGate(): Promise<Gate> {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const gate: Server = createServer((_, answer) => void opened.then(() => answer.end()));
  await once(gate.listen(0, '127.0.0.1'), 'listening');
  const { port } = gate.address() as AddressInfo;
  const close = (): void => {
    gate.closeAllConnections();
    gate.close();
  };
  return { address: `http://127.0.0.1:${port}`, open, close };
}

const inOrder = (lines: readonly string[], word: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`${word} `) && !line.includes('ends'));

describe('the log of a task on Batch', { timeout: 300_000 }, () => {
  it('is whole when Spot takes its instance, and so is that of the next attempt', async () => {
    leat.write('flow.ts', dying(reclaim, 'current.attempt === 0'));
    await leat.ok(['run', 'flow.ts', '--with', 'batch:memory=300,spotRetries=0']);
    const lines = await linesOf(0);
    expect(lines.toSorted()).toEqual(printed('early 0.1', 'late 0.1').toSorted());
    expect(inOrder(lines, 'late 0.1')).toEqual(inOrder(printed('late 0.1'), 'late 0.1'));
    expect((await linesOf(1)).toSorted()).toEqual(printed('early 1.1', 'late 1.1').toSorted());
  });

  it('is whole, one try after the other, when Batch itself starts it again', async () => {
    leat.write('flow.ts', dying(reclaim, "process.env.AWS_BATCH_JOB_ATTEMPT === '1'"));
    await leat.ok(['run', 'flow.ts', '--with', 'batch:memory=300,spotRetries=1']);
    const lines = await linesOf(0);
    const expected = printed('early 0.1', 'late 0.1', 'early 0.2', 'late 0.2');
    expect(lines.toSorted()).toEqual(expected.toSorted());
    const ofStdout = (all: readonly string[]): readonly string[] =>
      all.filter((line) => !line.includes('ends'));
    expect(ofStdout(lines)).toEqual(ofStdout(expected));
  });

  it('is followed line by line while the task runs, and to its end', async () => {
    const gate = await openGate();
    try {
      leat.write(
        'flow.ts',
        `
import { Flow, step, local } from 'leat';
export default class GateFlow extends Flow {
  @local @step start() { this.next(this.far); }
  @step async far() {
    console.log('before, žluť');
    await fetch('${gate.address}');
    console.log('after');
    this.next(this.end);
  }
  @local @step end() {}
}`,
      );
      const run = leat.start(['run', 'flow.ts', '--with', 'batch:memory=300']);
      await run.stdoutHas('SUBMITTED as job');
      const follow = leat.start(['logs', 'GateFlow/latest/far', '--follow']);
      // The task cannot end before the gate is opened.
      await follow.stdoutHas('before, žluť');
      gate.open();
      expect(await follow.done).toMatchObject({ exitCode: 0, stdout: 'before, žluť\nafter\n' });
      expect((await run.done).exitCode).toBe(0);
    } finally {
      gate.close();
    }
  });

  it('is whole when memory runs out and takes the agent along', async () => {
    leat.write('flow.ts', dying(exhaust, 'true'));
    const { exitCode, stderr } = await leat.call(['run', 'flow.ts', '--with', 'batch:memory=300']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('it needed more memory than it has');
    expect((await linesOf(0)).toSorted()).toEqual(printed('early 0.1', 'late 0.1').toSorted());
  });
});
