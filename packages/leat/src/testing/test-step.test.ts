import { describe, expect, it } from 'vitest';
import { current, environment, Flow, type Inputs, parameter, retry, step } from '../index.ts';
import { type StepTestOptions, testStep } from './test-step.ts';

class LabFlow extends Flow {
  alpha = parameter(0.5);
  declare rows: number[];
  declare score: number;
  declare best: string;
  declare size: 'big' | 'small';
  declare seen: unknown;
  declare left: number;
  declare right: number;

  @step start(): void {
    this.rows = [1, 2];
    this.next(this.train, { foreach: new Set(['a', 'b']) });
  }
  @retry({ times: 2 })
  @step
  train(name: string): void {
    if (name === 'bad') throw new RangeError('bad name');
    this.rows.push(this.index);
    this.score = this.rows.length * this.alpha;
    this.seen = [
      name,
      this.input,
      this.index,
      current.task,
      current.attempt,
      current.triesLeft,
      current.parameters['alpha'],
      current.tags,
    ];
    this.next(this.pick);
  }
  @step pick(inputs: Inputs<LabFlow, string>): void {
    this.best = inputs.map((task) => `${task.input}=${task.score}`).join();
    this.next(this.route);
  }
  @environment({ vars: { LAB: 'on' } })
  @step
  route(): void {
    this.size = this.best.length > 3 ? 'big' : 'small';
    this.seen = process.env['LAB'];
    this.next({ big: this.split, small: this.end }, { by: this.size });
  }
  @step split(): void {
    this.next(this.l, this.r);
  }
  @step l(): void {
    this.left = 1;
    this.next(this.meet);
  }
  @step r(): void {
    this.right = 2;
    this.next(this.meet);
  }
  @step meet(inputs: Inputs<LabFlow>): void {
    this.merge(inputs);
    this.seen = [inputs.l?.left, inputs.r?.right];
    this.next(this.end);
  }
  @step end(): void {}
}

describe('testStep', () => {
  it('gives a step its artifacts, parameters and item, and says what it left', async () => {
    const result = await testStep(LabFlow, 'train', {
      artifacts: { rows: [5] },
      parameters: { alpha: 2 },
      input: 'a',
      index: 3,
      tags: ['x'],
      current: { run: '7', attempt: 1 },
    });
    expect(result.artifacts).toEqual({
      rows: [5, 3],
      score: 4,
      seen: ['a', 'a', 3, 'LabFlow/7/train[3]', 1, 2, 2, ['x']],
    });
    expect(result.next).toEqual({ kind: 'linear', to: 'pick' });
  });

  it('never touches what the test has handed over', async () => {
    const rows = [5];
    await testStep(LabFlow, 'train', { artifacts: { rows }, input: 'a' });
    expect(rows).toEqual([5]);
  });

  it('gives the items of a foreach', async () => {
    expect((await testStep(LabFlow, 'start')).next).toEqual({
      kind: 'foreach',
      to: 'train',
      items: ['a', 'b'],
    });
  });

  it('gives a join of a foreach its inputs, also none', async () => {
    const inputs = [
      { input: 'a', score: 1 },
      { input: 'b', score: 2 },
    ];
    expect((await testStep(LabFlow, 'pick', { inputs })).artifacts).toEqual({ best: 'a=1,b=2' });
    expect((await testStep(LabFlow, 'pick', { inputs: [] })).artifacts).toEqual({ best: '' });
  });

  it('gives a join of a branch its inputs, by name or in order', async () => {
    const expected = { left: 1, right: 2, seen: [1, 2] };
    expect(
      (await testStep(LabFlow, 'meet', { inputs: { r: { right: 2 }, l: { left: 1 } } })).artifacts,
    ).toEqual(expected);
    expect((await testStep(LabFlow, 'meet', { inputs: [{ left: 1 }, { right: 2 }] })).artifacts).toEqual(
      expected,
    );
    await expect(testStep(LabFlow, 'meet', { inputs: { start: {} } })).rejects.toMatchObject({
      code: 'STEP_MISUSE',
      hint: 'inputs come from l, r',
    });
  });

  it('says which way a switch goes, with the variables of the step', async () => {
    const { artifacts, next } = await testStep(LabFlow, 'route', { artifacts: { best: 'a long one' } });
    expect([next, artifacts.seen]).toEqual([{ kind: 'switch', choice: 'big', to: 'split' }, 'on']);
    expect(process.env['LAB']).toBeUndefined();
    expect((await testStep(LabFlow, 'end')).next).toEqual({ kind: 'end' });
    expect((await testStep(LabFlow, 'split')).next).toEqual({ kind: 'branch', to: ['l', 'r'] });
  });

  it('throws what the step throws', async () => {
    await expect(testStep(LabFlow, 'train', { artifacts: { rows: [] }, input: 'bad' })).rejects.toThrow(
      RangeError,
    );
    await expect(testStep(LabFlow, 'train', { input: 'a' })).rejects.toMatchObject({
      code: 'ARTIFACT_UNSET',
      message: expect.stringContaining('rows') as string,
    });
    await expect(
      testStep(LabFlow, 'route', { artifacts: { best: (() => 1) as never } }),
    ).rejects.toMatchObject({ code: 'ARTIFACT_UNSUPPORTED' });
  });

  it('knows the steps', async () => {
    await expect(testStep(LabFlow, 'trian' as 'train')).rejects.toMatchObject({
      code: 'STEP_MISUSE',
      hint: "did you mean 'train'?",
    });
  });
});

class BranchFlow extends Flow {
  declare name: string;
  declare names: string[];

  @step start() {
    this.next(this.second, this.first);
  }

  @step first() {
    this.next(this.join);
  }

  @step second() {
    this.next(this.third);
  }

  @step third() {
    this.next(this.join);
  }

  @step join(inputs: Inputs<BranchFlow>) {
    this.names = inputs.map((task) => task.name);
    this.next(this.end);
  }

  @step end() {}
}

it('gives a join the inputs of a branch in the order of the split', async () => {
  const names = async (inputs: StepTestOptions<BranchFlow>['inputs'] & {}): Promise<string[]> =>
    (await testStep(BranchFlow, 'join', { inputs })).artifacts.names;
  expect(await names({ first: { name: 'first' }, third: { name: 'third' } })).toEqual(['third', 'first']);
  expect(await names([{ name: 'third' }, { name: 'first' }])).toEqual(['third', 'first']);
});
