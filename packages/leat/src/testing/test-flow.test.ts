import { describe, expect, it } from 'vitest';
import {
  catchError,
  current,
  environment,
  type Failure,
  Flow,
  type Inputs,
  isLeatError,
  parameter,
  resources,
  retry,
  step,
  timeout,
} from '../index.ts';
import { testFlow } from './test-flow.ts';

class TrainFlow extends Flow {
  alpha = parameter(0.1);
  countries = parameter(['fi', 'se', 'us']);
  declare score: number;
  declare failed?: Failure;
  declare best: string;
  declare unused: Map<string, Date>;

  @step start(): void {
    this.unused = new Map([['a', new Date(0)]]);
    this.next(this.train, { foreach: this.countries });
  }

  @resources({ cpu: 4 })
  @timeout({ minutes: 1 })
  @catchError({ var: 'failed' })
  @retry({ times: 2, minutesBetweenRetries: 5 })
  @step
  async train(country: string): Promise<void> {
    await Promise.resolve();
    if (country === 'us') throw new RangeError('no data for us');
    if (country === 'se' && current.attempt === 0) throw new Error('bad luck');
    this.score = country.length * this.alpha + this.index;
    this.next(this.choose);
  }

  @step choose(inputs: Inputs<TrainFlow, string>): void {
    const ok = inputs.filter((task) => !task.failed);
    this.best = ok.length === 0 ? 'none' : ok.reduce((a, b) => (b.score > a.score ? b : a)).input;
    this.next(this.end);
  }

  @step end(): void {}
}

class ShapesFlow extends Flow {
  declare trail: string[];
  declare round: number;
  declare kind: 'again' | 'done';
  declare left: number;
  declare right: number;

  @step start(): void {
    this.round = 0;
    this.next(this.work);
  }
  @environment({ vars: { LEAT_SHAPES: 'yes' } })
  @step
  work(): void {
    this.round += 1;
    this.trail = [
      ...(this.round > 1 ? this.trail : []),
      `${current.step}~${current.iteration} ${process.env['LEAT_SHAPES']}`,
    ];
    this.kind = this.round < 3 ? 'again' : 'done';
    this.next({ again: this.work, done: this.split }, { by: this.kind });
  }
  @step split(): void {
    this.next(this.a, this.b);
  }
  @step a(): void {
    this.left = 1;
    this.next(this.join);
  }
  @step b(): void {
    this.right = 2;
    this.next(this.join);
  }
  @step join(inputs: Inputs<ShapesFlow>): void {
    this.left = (inputs.a?.left ?? 0) + (inputs.b?.right ?? 0);
    this.merge(inputs, { exclude: ['right'] });
    this.next(this.end);
  }
  @step end(): void {}
}

class BrokenFlow extends Flow {
  declare model: unknown;
  @step start(): void {
    this.model = { layers: [1, { fn: () => 1 }] };
    this.next(this.end);
  }
  @step end(): void {}
}

class EndlessFlow extends Flow {
  declare kind: 'again' | 'done';
  @step start(): void {
    this.next(this.work);
  }
  @step work(): void {
    this.kind = 'again';
    this.next({ again: this.work, done: this.end }, { by: this.kind });
  }
  @step end(): void {}
}

describe('testFlow', () => {
  it('runs a foreach with retries and @catchError, and waits for nothing', async () => {
    const run = await testFlow(TrainFlow, { parameters: { alpha: 1 } });
    expect(run).toMatchObject({ status: 'succeeded', artifacts: { best: 'se' } });
    expect(run.step('train').map(({ task, attempts, caught }) => [task, attempts, caught])).toEqual([
      ['train[0]', 1, false],
      ['train[1]', 2, false],
      ['train[2]', 3, true],
    ]);
    expect(run.task('train[0]')).toMatchObject({
      artifacts: { score: 2, failed: undefined, unused: new Map([['a', new Date(0)]]) },
      next: { kind: 'linear', to: 'choose' },
    });
    expect(run.task('train[1]').failure?.message).toBe('bad luck');
    expect(run.task('train[2]').artifacts.failed).toMatchObject({
      type: 'RangeError',
      message: 'no data for us',
      attempts: 3,
      reason: 'error',
    });
    expect(run.task('start').next).toEqual({ kind: 'foreach', to: 'train', items: ['fi', 'se', 'us'] });
    // 'se' and 'us' wait side by side: the second wait of 'us' begins five minutes later.
    expect(run.waits.every((wait) => wait === 300_000)).toBe(true);
  });

  it('runs a foreach of no items', async () => {
    const run = await testFlow(TrainFlow, { parameters: { countries: [] } });
    expect(run.artifacts.best).toBe('none');
    expect(run.tasks.map(({ task }) => task)).toEqual(['start', 'choose', 'end']);
  });

  it('runs loops, switches and branches', async () => {
    const run = await testFlow(ShapesFlow);
    expect(run.tasks.map(({ task }) => task)).toEqual([
      'start',
      'work',
      'work~1',
      'work~2',
      'split',
      'a',
      'b',
      'join',
      'end',
    ]);
    expect(run.artifacts).toMatchObject({
      left: 3,
      round: 3,
      trail: ['work~0 yes', 'work~1 yes', 'work~2 yes'],
    });
    expect(run.artifacts).not.toHaveProperty('right');
    expect(run.task('work~2').next).toEqual({ kind: 'switch', choice: 'done', to: 'split' });
    expect(process.env['LEAT_SHAPES']).toBeUndefined();
  });

  it('chooses by a boolean and by a number', async () => {
    class ChoiceFlow extends Flow {
      limit = parameter(1);
      declare level: 1 | 2;
      @step start(): void {
        this.next({ true: this.small, false: this.big }, { by: this.limit < 2 });
      }
      @step small(): void {
        this.level = 1;
        this.next({ 1: this.end, 2: this.big }, { by: this.level });
      }
      @step big(): void {
        this.next(this.end);
      }
      @step end(): void {}
    }
    const names = async (limit: number): Promise<string[]> =>
      (await testFlow(ChoiceFlow, { parameters: { limit } })).tasks.map(({ task }) => task);
    expect(await names(1)).toEqual(['start', 'small', 'end']);
    expect(await names(2)).toEqual(['start', 'big', 'end']);
  });

  it('fails as a real run does, and says why', async () => {
    const run = await testFlow(BrokenFlow);
    expect(run.status).toBe('failed');
    expect(run.tasks).toMatchObject([
      { task: 'start', status: 'failed', attempts: 1, failure: { code: 'ARTIFACT_UNSUPPORTED' } },
    ]);
    const error = ((): unknown => {
      try {
        return run.artifacts;
      } catch (thrown) {
        return thrown;
      }
    })();
    if (!isLeatError(error)) throw new Error('artifacts of a failed run can be read');
    expect(error.code).toBe('RUN_FAILED');
    expect(error.message).toContain('start: this.model.layers[1].fn is a function');
    expect(isLeatError(error.cause)).toBe(true);
  });

  it('takes --with', async () => {
    const run = await testFlow(BrokenFlow, {
      with: ['retry:times=2,minutesBetweenRetries=1', 'batch:cpu=8'],
    });
    expect(run.task('start').attempts).toBe(3);
    expect(run.waits).toEqual([60_000, 60_000]);
  });

  it('gives up on a loop that does not end', async () => {
    await expect(testFlow(EndlessFlow, { maxAttempts: 50 })).rejects.toMatchObject({
      code: 'RUN_FAILED',
      message: expect.stringContaining('after 50 attempts') as string,
    });
  });

  it('refuses parameters and addresses that are not there', async () => {
    await expect(testFlow(TrainFlow, { parameters: { alhpa: 1 } })).rejects.toMatchObject({
      code: 'PARAMETER_INVALID',
    });
    const run = await testFlow(ShapesFlow);
    expect(() => run.task('trian')).toThrow("has no task 'trian'");
  });
});

class GetterFlow extends Flow {
  declare side: number;
  declare areas: (number | undefined)[];

  get area(): number {
    return this.side ** 2;
  }

  set area(area: number) {
    this.side = Math.sqrt(area);
  }

  @step start() {
    this.next(this.work, { foreach: [4, 9] });
  }

  @step work(area: number) {
    this.area = area;
    this.next(this.join);
  }

  @step join(inputs: Inputs<GetterFlow>) {
    this.areas = inputs.map((task) => task.area);
    this.area = 16;
    this.next(this.end);
  }

  @step end() {
    this.areas.push(this.area, this.side);
  }
}

it('lets getters and setters of the class compute, also on the inputs of a join', async () => {
  expect((await testFlow(GetterFlow)).artifacts.areas).toEqual([4, 9, 16, 4]);
});
