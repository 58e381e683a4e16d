/** Containers that an engine does not remove when it is told to, or that run on while it does not answer: none is left. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { EngineGate } from './engine-gate.ts';
import { openEngine, type TestEngine } from './test-engine.ts';

let engine: TestEngine;
let gate: EngineGate;
beforeAll(async () => {
  engine = await openEngine();
  gate = await EngineGate.start(engine.environment);
});
afterAll(async () => {
  await gate.close();
  await engine.close();
});

let leat: Leat;
beforeEach(() => {
  leat = new Leat({ ...engine.environment, DOCKER_HOST: gate.host });
  leat.write(
    'flow.ts',
    `import { existsSync } from 'node:fs';
import { current, Flow, step } from 'leat';
export default class GateFlow extends Flow {
  @step async start() {
    console.log('at work, attempt ' + current.attempt);
    process.on('SIGTERM', () => undefined);
    await new Promise<void>((resolve) => { const timer = setInterval(() => { if (existsSync('/leat/datastore/go')) { clearInterval(timer); resolve(); } }, 50); });
    this.next(this.end);
  }
  @step end() {}
}`,
  );
});
afterEach(async () => {
  await leat.noneLeft();
  leat.dispose();
});

const go = (): void => writeFileSync(path.join(leat.folder, '.leat/store/go'), '');
const left = async (): Promise<readonly string[]> => (await engine.list('leat.engine')).map(({ id }) => id);
const run = ['run', 'flow.ts', '--with', 'container:network=none'];

it('what could not be removed when it had ended is gone when the run is', async () => {
  const started = leat.start(run);
  await started.stdoutHas('at work');
  // More than are asked before the end; fewer than are asked at the end.
  gate.refusals = 4;
  go();
  expect((await started.done).exitCode).toBe(0);
  expect(await left()).toEqual([]);
});

it('what cannot be removed when the run ends is removed when it can be, and is told of', async () => {
  const started = leat.start(run);
  await started.stdoutHas('at work');
  gate.refusals = Number.POSITIVE_INFINITY;
  go();
  const { exitCode, stderr, stdout } = await started.done;
  expect(exitCode).toBe(0);
  expect(stdout + stderr).toContain('does not remove all containers');
  expect(await left()).toHaveLength(2);
  gate.refusals = 0;
  await expect.poll(left, { timeout: 120_000 }).toEqual([]);
});

it('a task that was given up while the engine was away does not run on beside the next attempt', async () => {
  const started = leat.start(run);
  await started.stdoutHas('at work, attempt 0');
  const [first] = await left();
  await gate.shut();
  await started.stdoutHas('no longer answers');
  await gate.open();
  await started.stdoutHas('at work, attempt 1');
  await expect.poll(left, { timeout: 120_000 }).not.toContain(first);
  go();
  expect((await started.done).exitCode).toBe(0);
  expect(await left()).toEqual([]);
});
