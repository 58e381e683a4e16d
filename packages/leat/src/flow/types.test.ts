/** What must compile and what must not: the compiler is the test, this file only has to be checked. */
import { expect, test } from 'vitest';
import {
  concurrency,
  catchError,
  current,
  type Failure,
  file,
  Flow,
  type Input,
  type Inputs,
  layerDecorator,
  local,
  parameter,
  resources,
  retry,
  step,
  steps,
  type StoredFile,
  timeout,
} from '../index.ts';
import type { StandardSchema } from './standard-schema.ts';

const batch = layerDecorator<{ memory?: number }>('batch');
const other = layerDecorator<Record<string, unknown>>('other');

declare const dateSchema: StandardSchema<string, Date>;
declare function use(...values: unknown[]): void;
declare function fit(country: string, alpha: number): Promise<number>;

interface Point {
  readonly x: number;
  readonly kind: 'a' | 'b';
}

function streamOf(text: string): AsyncIterable<string> {
  return ReadableStream.from([text]);
}

/** Never called: some decorators would throw. */
function classes() {
  class TrainFlow extends Flow {
    alpha = parameter(0.1, { help: 'learning rate' });
    declare countries: string[];
    declare points: Point[];
    declare score: number;
    declare failed?: Failure;
    declare alsoFailed: Failure | undefined;
    declare best: string;
    declare size: 'big' | 'small';
    declare ready: boolean;
    declare level: 1 | 2;
    declare maybe?: boolean;
    declare report: StoredFile;

    @step start() {
      this.countries = ['fi', 'se', 'us'];
      this.next(this.train, { foreach: this.countries });
    }

    @resources({ cpu: 4, memory: 8000 })
    @catchError({ var: 'failed' })
    @retry({ times: 3, minutesBetweenRetries: 1, backoff: 'exponential', maxMinutes: 10 })
    @timeout({ minutes: 20 })
    @step
    async train(country: string) {
      this.score = await fit(country, this.alpha);
      this.next(this.choose);
    }

    @step @retry @local @batch @other choose(inputs: Inputs<TrainFlow, string>) {
      const ok = inputs.filter((task) => !task.failed);
      this.best = ok.reduce((a, b) => (b.score > a.score ? b : a)).input;
      const named: number | undefined = inputs.train?.score;
      const first: Input<TrainFlow, string> | undefined = inputs[0];
      const scores: number[] = inputs.map(({ score, index }) => score + index);
      const total: number = inputs.reduce((sum, { score }) => sum + score, 0);
      const text: string = [...inputs].map(({ best }) => best).join(named === undefined ? '' : typeof first);
      this.merge(inputs);
      this.merge(inputs, { include: ['countries', 'alpha'] });
      this.merge(ok, { exclude: ['score'] });
      this.report = file('report.csv');
      this.report = file(streamOf(text), { name: 'data.json' });
      use(scores, total, this.report.size);
      return this.next(this.end);
    }

    @step end() {
      use(current.run, this.best, this.index);
    }

    // ── every form of next ──────────────────────────────────────────────────────────────────────────────────────────

    @step forms() {
      this.next(this.end);
      this.next(this.choose);
      this.next(this.end, this.forms, this.plain);
      this.next(this.train, { foreach: ['fi'] });
      this.next(this.train, { foreach: new Set(['fi']) });
      this.next(this.train, { foreach: new Map([['fi', 1]]).keys() });
      this.next(this.train, { foreach: streamOf('fi') });
      this.next(this.pair, { foreach: new Map([['fi', 1]]) });
      this.next(this.plain, { foreach: [1, 2] });
      this.next(this.point, { foreach: [{ x: 1, kind: 'a' }] });
      this.next(this.point, { foreach: this.points });
      this.next(this.pair, { foreach: Object.entries({ a: 1 }) });
      this.next(this.optional, { foreach: ['a', undefined] });
      this.next(this.anything, { foreach: [1, 'a'] });
      this.next({ big: this.end, small: this.plain }, { by: this.size });
      this.next({ true: this.end, false: this.plain }, { by: `${this.ready}` });
      this.next({ true: this.end, false: this.plain }, { by: this.ready });
      this.next({ true: this.end, false: this.plain }, { by: this.score > 0.5 });
      this.next({ 1: this.end, 2: this.plain }, { by: this.level });
      this.next({ 1: this.end, 2: this.plain }, { by: `${this.level}` });
      this.next({ '1': this.end, '2': this.plain, '-1': this.forms }, { by: this.level });
      this.next({ big: this.end, small: this.plain, huge: this.forms }, { by: this.size });
    }
    @step plain() {}
    @step point(_point: Point) {}
    @step pair([_name, _value]: [string, number]) {}
    @step optional(_text?: string) {}
    @step anything(_item: unknown) {}

    @step wrongForms() {
      // @ts-expect-error the item is a number
      this.next(this.train, { foreach: [1, 2] });
      // @ts-expect-error one of the items is a number
      this.next(this.train, { foreach: ['fi', 2] });
      // @ts-expect-error the items are numbers, though not written here
      this.next(this.train, { foreach: this.countries.map(Number) });
      // @ts-expect-error a stream of the wrong thing
      this.next(this.point, { foreach: streamOf('fi') });
      // @ts-expect-error kind is none of a and b
      this.next(this.point, { foreach: [{ x: 1, kind: 'c' }] });
      // @ts-expect-error not iterable
      this.next(this.train, { foreach: 3 });
      // @ts-expect-error the letters of a string
      this.next(this.train, { foreach: 'fi' });
      // @ts-expect-error misspelt
      this.next(this.train, { forech: this.countries });
      // @ts-expect-error train takes an item
      this.next(this.train);
      // @ts-expect-error train takes an item
      this.next(this.end, this.train);
      // @ts-expect-error straight into a join
      this.next(this.choose, { foreach: this.countries });
      // @ts-expect-error no step
      this.next();
      // @ts-expect-error a field is no step
      this.next(this.countries);
      // @ts-expect-error a name is no step
      this.next('end');
      // @ts-expect-error there is no such method
      this.next(this.ende);
      // @ts-expect-error the case 'small' is missing
      this.next({ big: this.end, smal: this.plain }, { by: this.size });
      // @ts-expect-error the case 'false' is missing
      this.next({ true: this.end }, { by: this.ready });
      // @ts-expect-error a boolean chooses between true and false
      this.next({ yes: this.end, no: this.plain }, { by: this.ready });
      // @ts-expect-error the case 2 is missing
      this.next({ 1: this.end, 3: this.plain }, { by: this.level });
      // @ts-expect-error any number, and there are only two cases
      this.next({ 1: this.end, 2: this.plain }, { by: this.score });
      // @ts-expect-error undefined chooses nothing
      this.next({ true: this.end, false: this.plain }, { by: this.maybe });
      // @ts-expect-error a switch needs its choice
      this.next({ some: this.end, others: this.plain });
      // @ts-expect-error a case takes an item
      this.next({ big: this.end, small: this.train }, { by: this.size });
      // @ts-expect-error gangs come later
      this.next(this.plain, { parallel: 4 });
    }

    // ── decorators ──────────────────────────────────────────────────────────────────────────────────────────────────

    // @ts-expect-error no such field
    @catchError({ var: 'faild' })
    @step
    caught1() {}

    // @ts-expect-error the field cannot hold a Failure
    @catchError({ var: 'best' })
    @step
    caught2() {}

    @catchError({ var: 'alsoFailed', case: 'big' }) @step caught3() {}

    // @ts-expect-error a method is no field for a Failure
    @catchError({ var: 'plain' })
    @step
    caught4() {}

    // @ts-expect-error a step returns nothing
    @step
    returns() {
      return 5;
    }

    // @ts-expect-error a step has one parameter
    @step
    two(_a: string, _b: string) {}

    // @ts-expect-error a generator would never run
    @step
    *generates() {
      yield 1;
    }

    // @ts-expect-error misspelt option
    @retry({ time: 3 })
    @step
    retried() {}

    // @ts-expect-error no such back-off
    @retry({ backoff: 'linear' })
    @step
    retried2() {}

    // @ts-expect-error memory is a number of MB
    @resources({ memory: '4GB' })
    @step
    big() {}

    // @ts-expect-error an option that the layer does not have
    @batch({ memry: 4 })
    @step
    remote() {}

    // @ts-expect-error a field is no step
    @step
    field = 1;

    // ── declared edges ──────────────────────────────────────────────────────────────────────────────────────────────

    @step({ next: 'train', foreach: 'countries' }) declared1() {}
    @step({ next: 'end' }) declared2() {}
    @step({ next: ['end', 'plain'] }) declared3() {}
    @step({ next: { big: 'end', small: 'plain' }, by: 'size' }) declared4() {}
    @step({ next: { true: 'end', false: 'plain' }, by: 'ready' }) declared5() {}

    @step({ next: 'train', foreach: 'countries', isolation: 'reuse' }) declared6() {}
    @concurrency(2) @step({ chunk: 100 }) declared7() {}

    // @ts-expect-error no kind of isolation
    @step({ isolation: 'shared' })
    unisolated1() {}

    // @ts-expect-error a chunk is a number of tasks
    @step({ chunk: '100' })
    unisolated2() {}

    // @ts-expect-error no such step, whatever else is said
    @step({ next: 'trian', foreach: 'countries', chunk: 2 })
    unisolated3() {}

    // @ts-expect-error a number of places
    @concurrency('2')
    @step
    unisolated4() {}

    // @ts-expect-error no such step
    @step({ next: 'trian', foreach: 'countries' })
    undeclared1() {}

    // @ts-expect-error no such field
    @step({ next: 'train', foreach: 'county' })
    undeclared2() {}

    // @ts-expect-error the items do not fit
    @step({ next: 'train', foreach: 'points' })
    undeclared3() {}

    // @ts-expect-error not iterable
    @step({ next: 'train', foreach: 'score' })
    undeclared4() {}

    // @ts-expect-error train takes an item
    @step({ next: 'train' })
    undeclared5() {}

    // @ts-expect-error the case 'small' is missing
    @step({ next: { big: 'end' }, by: 'size' })
    undeclared6() {}

    // @ts-expect-error one of the two is no step
    @step({ next: ['end', 'nowhere'] })
    undeclared7() {}

    // ── joins ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @step wrongJoin(inputs: Inputs<TrainFlow>) {
      // @ts-expect-error no such artifact
      use(inputs[0]?.scor);
      // @ts-expect-error a step is no artifact
      use(inputs[0]?.train);
      // @ts-expect-error inputs are read-only
      for (const input of inputs) input.score = 1;
      // @ts-expect-error no such branch
      use(inputs.trian);
      // @ts-expect-error the branch may be missing
      use(inputs.train.score);
      // @ts-expect-error no such field
      this.merge(inputs, { include: ['scor'] });
      // @ts-expect-error a step is no field
      this.merge(inputs, { exclude: ['train'] });
      // @ts-expect-error one of the two
      this.merge(inputs, { include: ['score'], exclude: ['best'] });
      // @ts-expect-error item type is not known unless it is given
      const text: string = inputs[0]?.input;
      use(text);
    }
  }

  class Parameters extends Flow {
    readonly number: number = parameter(0.1);
    readonly text: string = parameter('x', { help: 'a text' });
    readonly flag: boolean = parameter(false);
    readonly required: number = parameter(Number, { help: 'needed' });
    readonly requiredText: string = parameter(String);
    readonly metric: 'mae' | 'rmse' = parameter('mae', { choices: ['mae', 'rmse'] });
    readonly level: 1 | 2 = parameter(1, { choices: [1, 2] });
    readonly oneOf: 'x' | 'y' = parameter(String, { choices: ['x', 'y'] });
    readonly list: string[] = parameter(['a', 'b'], { separator: ';' });
    readonly numbers: number[] = parameter([Number]);
    readonly several: ('x' | 'y')[] = parameter(['x'], { choices: ['x', 'y'] });
    readonly json: { depth: number } = parameter.json({ depth: 3 });
    readonly requiredJson: Point = parameter.json<Point>();
    readonly fileText: string = parameter.file({ default: 'a.txt' });
    readonly fileBytes: Uint8Array = parameter.file({ encoding: 'bytes' });
    readonly since: Date = parameter(dateSchema);

    // @ts-expect-error a number is no string
    readonly wrong1: string = parameter(0.1);
    // @ts-expect-error none of the choices
    readonly wrong2 = parameter('mse', { choices: ['mae', 'rmse'] });
    // @ts-expect-error misspelt option
    readonly wrong3 = parameter(1, { hlep: 'x' });
    // @ts-expect-error the schema gives a Date
    readonly wrong4: string = parameter(dateSchema);
    // @ts-expect-error an object is written with parameter.json
    readonly wrong5 = parameter({ depth: 3 });
  }

  class NoFlow {
    // @ts-expect-error only within a flow
    @step
    start() {}
  }

  class Undecorated extends Flow {
    declare items: string[];
    declare failed?: Failure;
    declare size: 'big' | 'small';
    static {
      steps(this, {
        start: { next: 'work', foreach: 'items' },
        work: { retry: true, timeout: { minutes: 1 }, catchError: { var: 'failed' } },
        join: { next: { big: 'end', small: 'end' }, by: 'size', decorators: [batch({ memory: 1 })] },
        end: {},
      });
    }
    start() {}
    work(_item: string) {}
    join(_inputs: Inputs<Undecorated>) {}
    end() {}
  }

  class WrongTables extends Flow {
    declare items: string[];
    declare score: number;
    static check() {
      // @ts-expect-error no such step
      steps(this, { start: { next: 'wrk', foreach: 'items' } });
      // @ts-expect-error not iterable
      steps(this, { start: { next: 'work', foreach: 'score' } });
      // @ts-expect-error work takes an item
      steps(this, { start: { next: 'work' } });
      // @ts-expect-error options for a step that does not exist
      steps(this, { strat: {} });
      // @ts-expect-error the field cannot hold a Failure
      steps(this, { start: { catchError: { var: 'score' } } });
      // @ts-expect-error misspelt option
      steps(this, { start: { retry: { time: 2 } } });
      // @ts-expect-error misspelt decorator
      steps(this, { start: { retries: { times: 2 } } });
    }
    start() {}
    work(_item: string) {}
    end() {}
  }
  return [TrainFlow, Parameters, NoFlow, Undecorated, WrongTables];
}

test('the compiler has checked this file', () => {
  expect(classes).toBeTypeOf('function');
});
