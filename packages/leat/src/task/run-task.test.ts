import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { current } from '../flow/current.ts';
import { Flow } from '../flow/flow.ts';
import { parameter } from '../flow/parameter.ts';
import { step } from '../flow/step.ts';
import type { KnownArtifact, TaskSpec } from '../plan/task-spec.ts';
import { failureText, refsOf, TaskBench } from './task.fixture.ts';

const known = (name: string, steps: readonly string[], always = true): KnownArtifact => ({
  name,
  steps,
  always,
});

class TestFlow extends Flow {
  alpha = parameter(0.1);
  names = parameter(['a', 'b']);
  tries = 0;
  maybe: string | undefined;
  format = (x: number): string => `<${x}>`;
  declare model: { layers: number[] };
  declare score: number;
  declare missing: number;
  declare label: string;
  #secret = 'hidden';

  @step start() {
    this.model = { layers: [1, 2] };
    this.score = 1;
    this.label = this.#secret.toUpperCase() + this.format(1) + this.alpha;
    this.next(this.middle);
  }

  @step async middle() {
    await Promise.resolve();
    this.tries += this.label.length;
    this.next(this.end);
  }

  @step change() {
    this.model.layers.push(3);
    this.score = 2;
  }

  @step forget() {
    delete (this as { model?: unknown }).model;
    this.maybe = undefined;
  }

  @step write() {
    (this as { alpha: number }).alpha = 2;
  }

  @step read() {
    return void this.missing;
  }

  @step lenient() {
    this.label = `${String(this.missing)} ${String(this.maybe)}`;
  }

  @step facts() {
    this.label = JSON.stringify({ ...current, parameters: current.parameters, index: current.index });
  }

  @step bad() {
    (this as unknown as { model: unknown }).model = { layers: [{ fn: () => 1 }] };
  }

  @step throws() {
    throw new RangeError('out of range');
  }

  @step end() {
    this.maybe = 'set';
  }
}

const toMiddle: Partial<TaskSpec> = { next: { kind: 'linear', to: 'middle' } };
const toEnd: Partial<TaskSpec> = { next: { kind: 'linear', to: 'end' } };

async function started(
  parameters: Readonly<Record<string, unknown>> = { alpha: 0.5, names: ['x'] },
): Promise<TaskBench> {
  const bench = new TaskBench(TestFlow, parameters);
  refsOf(await bench.run('start', toMiddle));
  return bench;
}

describe('what a task stores', () => {
  it('is every field that is set, and not parameters, private fields or helpers', async () => {
    const bench = new TaskBench(TestFlow, { alpha: 0.5, names: ['x'] });
    const manifest = await bench.run('start', toMiddle);
    expect(manifest).toMatchObject({
      status: 'succeeded',
      outcome: { kind: 'linear' },
      task: 'start',
      attempt: 0,
      token: 'token-start',
    });
    expect(bench.values(manifest)).toEqual({
      tries: 0,
      model: { layers: [1, 2] },
      score: 1,
      label: 'HIDDEN<1>0.5',
    });
  });

  it('passes on what the step did not touch by reference, always to where it was stored first', async () => {
    const bench = await started();
    const start = bench.source('start').manifest;
    const middle = refsOf(await bench.run('middle', { ...toEnd, sources: [bench.source('start')] }));
    expect(middle['score']).toMatchObject({ stored: 'manifest', manifest: start, name: 'score' });
    // Read, and not changed.
    expect(middle['label']).toMatchObject({ stored: 'manifest', manifest: start });
    expect(middle['tries']).toMatchObject({ stored: 'inline' });
    const end = refsOf(await bench.run('end', { sources: [bench.source('middle')] }));
    expect(end['score']).toEqual(middle['score']);
    expect(end['tries']).toMatchObject({ stored: 'manifest', manifest: bench.source('middle').manifest });
  });

  it('is the new value of what the step changed in place', async () => {
    const bench = await started();
    const manifest = await bench.run('change', { sources: [bench.source('start')] });
    expect(bench.values(manifest)).toMatchObject({ model: { layers: [1, 2, 3] }, score: 2 });
    expect(refsOf(manifest)['model']?.stored).toBe('inline');
  });

  it('leaves out what the step deleted, and keeps what it set to undefined', async () => {
    const bench = await started();
    const values = bench.values(await bench.run('forget', { sources: [bench.source('start')] }));
    expect(Object.keys(values)).not.toContain('model');
    expect(values).toHaveProperty('maybe', undefined);
  });

  it('sets the field of @catchError to undefined on success', async () => {
    const bench = new TaskBench(TestFlow);
    const values = bench.values(await bench.run('end', { catchVar: 'failed' }));
    expect(values).toHaveProperty('failed', undefined);
  });

  it('is refused by name when it is no data', async () => {
    const bench = new TaskBench(TestFlow);
    expect(failureText(await bench.run('bad'))).toMatch(
      /^ARTIFACT_UNSUPPORTED: this\.model\.layers\[0\]\.fn is a function/,
    );
  });

  it('stands as the first copy of an attempt has written it', async () => {
    const bench = await started();
    await bench.run('start', toEnd);
    const values = bench.values(await bench.run('middle', { ...toEnd, sources: [bench.source('start')] }));
    expect(values).toMatchObject({ score: 1 });
  });
});

describe('what a step reads', () => {
  it('has parameters that cannot be set', async () => {
    expect(failureText(await new TaskBench(TestFlow, { alpha: 1 }).run('write'))).toBe(
      "ARTIFACT_READ_ONLY: 'this.alpha' is a parameter and cannot be set by a step",
    );
  });

  it('is an error that names the steps that set it, when some step always does', async () => {
    const bench = new TaskBench(TestFlow);
    const failure = await bench.run('read', { known: [known('missing', ['train', 'tune'])] });
    expect(failureText(failure)).toBe(
      "ARTIFACT_UNSET: 'this.missing' was read in step 'read', but steps 'train' and 'tune' set it, not on the way to here",
    );
    const join = await bench.run('read', {
      known: [known('missing', ['train'])],
      takes: 'inputs',
      attempt: 1,
      manifest: 'runs/x.json',
    });
    expect(join).toMatchObject({ failure: { hint: expect.stringContaining('this.merge(inputs)') } });
  });

  it('is undefined when it is set only sometimes, or never', async () => {
    const bench = new TaskBench(TestFlow);
    const manifest = await bench.run('lenient', {
      known: [known('missing', ['train'], false), known('maybe', ['end'], false)],
    });
    expect(bench.values(manifest)['label']).toBe('undefined undefined');
  });

  it('has current', async () => {
    const bench = new TaskBench(TestFlow, { alpha: 1, names: [] });
    const manifest = await bench.run('facts', { originRun: '7' });
    expect(JSON.parse(String(bench.values(manifest)['label']))).toEqual({
      flow: 'TestFlow',
      run: '1',
      step: 'facts',
      task: 'TestFlow/1/facts',
      attempt: 0,
      triesLeft: 1,
      path: [],
      iteration: 0,
      tags: ['nightly'],
      parameters: { alpha: 1, names: [] },
      namespace: 'user:ada',
      user: 'ada',
      originRun: '7',
      resources: { cpu: 1, memory: 100, gpu: 0, disk: 0 },
    });
  });

  it('is an error when the task before is gone', async () => {
    const bench = new TaskBench(TestFlow);
    expect(failureText(await bench.run('middle', { ...toEnd, sources: [bench.source('start')] }))).toMatch(
      /^STORE_CORRUPT: the result of 'start' is gone/,
    );
  });
});

describe('how a task fails', () => {
  it('is told in its manifest, and nothing of what it set is there', async () => {
    const bench = new TaskBench(TestFlow);
    const manifest = await bench.run('throws');
    expect(manifest).toMatchObject({
      status: 'failed',
      failure: { reason: 'error', type: 'RangeError', message: 'out of range' },
    });
    expect(manifest).not.toHaveProperty('artifacts');
    expect(existsSync(path.join(bench.folder, bench.spec('throws').manifest))).toBe(true);
  });

  it.each([
    ['end', toEnd, "step 'end' ended without this.next(…); its graph says this.next(this.end)"],
    [
      'middle',
      toMiddle,
      "step 'middle' called this.next(this.end), but its graph says this.next(this.middle)",
    ],
  ])('when %s goes on as the graph does not say', async (task, over, message) => {
    const bench = await started();
    const manifest = await bench.run(task, { ...over, sources: [bench.source('start')] });
    expect(failureText(manifest)).toBe(`TRANSITION_INVALID: ${message}`);
  });

  it('when the flow itself cannot be loaded or made', async () => {
    expect(failureText(await new TaskBench({}).run('start'))).toMatch(
      /^FLOW_INVALID: the code package of 'TestFlow' has no flow/,
    );
    class Torn extends Flow {
      broken = JSON.parse('{') as unknown;
    }
    expect(failureText(await new TaskBench(Torn).run('start'))).toContain('JSON');
    expect(failureText(await new TaskBench(TestFlow).run('nobody'))).toMatch(
      /^FLOW_INVALID: the flow 'TestFlow' in the code package has no step 'nobody'/,
    );
  });
});
