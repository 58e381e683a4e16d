import { describe, expect, test } from 'vitest';
import { catchError } from './catch-error.ts';
import { concurrency } from './concurrency.ts';
import { Flow, isFlowClass } from './flow.ts';
import { parameter } from './parameter.ts';
import { step } from './step.ts';
import { environment, layerDecorator, local, resources, retry, timeout } from './step-decorators.ts';
import { steps } from './steps.ts';
import { declaredCall } from './declared-call.ts';
import { describeFlow } from './describe-flow.ts';
import type { Failure } from './failure.ts';
import { flowFile } from './flow-file.ts';
import type { StandardSchema } from './standard-schema.ts';
import { stepRecord } from './step-registry.ts';

const batch = layerDecorator<{ memory?: number; queue?: string }>('batch');
const code = (name: string, message: RegExp): Error =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) as string }) as Error;

describe('describeFlow', () => {
  class Base extends Flow {
    alpha = parameter(0.5, { help: 'rate' });
    declare failed?: Failure;
    @step start() {
      this.next(this.middle);
    }
    @step middle() {
      this.next(this.end);
    }
    @step end() {}
    help(): number {
      return 1;
    }
  }

  class Derived extends Base {
    beta = parameter(String);
    plain = 3;
    @resources({ cpu: 2, memory: 100 })
    @retry({ times: 2, backoff: 'exponential' })
    @catchError({ var: 'failed' })
    @step
    @timeout({ minutes: 1, seconds: 30 })
    @environment({ vars: { A: '1' } })
    @local
    @batch({ queue: 'spot' })
    override middle() {
      this.next(this.end);
    }
  }

  test('steps, decorators in any order, parameters, helpers', () => {
    const described = describeFlow(Derived);
    expect(described.name).toBe('Derived');
    expect(described.steps.map(({ name }) => name)).toEqual(['start', 'middle', 'end']);
    expect(described.steps[1]?.decorators).toEqual({
      resources: { cpu: 2, memory: 100 },
      retry: { times: 2, backoff: 'exponential' },
      catchError: { var: 'failed' },
      timeout: { minutes: 1, seconds: 30 },
      environment: { vars: { A: '1' } },
      local: true,
      layer: { name: 'batch', options: { queue: 'spot' } },
    });
    expect(described.steps[0]?.source).toMatch(/^start\(\) \{\s+this\.next\(this\.middle\)/);
    expect(described.parameters).toEqual([
      { name: 'alpha', kind: 'number', required: false, default: 0.5, help: 'rate' },
      { name: 'beta', kind: 'string', required: true },
    ]);
    expect(described.helpers).toEqual(['help']);
    expect(describeFlow(Base).steps[1]?.decorators).toEqual({});
  });

  test('the file that a flow is defined in', () => {
    expect(flowFile(Derived)).toMatch(/language\.test\.ts$/);
    expect(flowFile(class extends Flow {})).toBeUndefined();
    expect(flowFile(7)).toBeUndefined();
  });

  test('a flow of another copy of the language is a flow', () => {
    class Foreign {}
    Object.defineProperty(Foreign, Symbol.for('leat.flow/1'), { value: true });
    expect(isFlowClass(class extends Foreign {})).toBe(true);
    expect([Flow, Object, class {}, undefined, {}].map(isFlowClass)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  class Half extends Flow {
    @retry work() {}
  }

  const wrapped = (method: (this: Flow) => void) =>
    function wrapper(this: Flow): void {
      method.call(this);
    };
  class Replaced extends Flow {
    @wrapped @step start() {}
  }
  class Wrapped extends Flow {
    @step({ next: 'end' }) @wrapped start() {}
    @step end() {}
  }

  test('a decorator that wraps the method may stand below @step', () => {
    expect(describeFlow(Wrapped).steps[0]).toMatchObject({ name: 'start', declared: { next: 'end' } });
  });

  const refused: [string, () => unknown, RegExp][] = [
    ['no flow', () => class Other {}, /'Other' is not a flow class/],
    ['no class', () => 3, /type number is not a flow class/],
    ['no name', () => class extends Flow {}, /no name/],
    [
      'an override that is no step',
      () =>
        class Lost extends Base {
          override middle() {}
        },
      /'middle' of 'Lost' overrides a step/,
    ],
    [
      'a step that another decorator has replaced',
      () => Replaced,
      /another decorator has replaced step 'start'/,
    ],
    ['a decorator without a step', () => Half, /'work' of 'Half' carries @retry but is not a step/],
    [
      'a constructor that throws',
      () =>
        class Broken extends Flow {
          broken = (() => {
            throw new Error('no disk');
          })();
        },
      /an object of 'Broken' cannot be made: no disk/,
    ],
    [
      'a field that is computed from a parameter',
      () =>
        class Early extends Flow {
          alpha = parameter(1);
          double = this.alpha * 2;
        },
      /a parameter is used before/,
    ],
  ];
  test.each(refused)('refused: %s', (_, make, message) => {
    expect(() => describeFlow(make())).toThrow(code('FLOW_INVALID', message));
  });
});

describe('decorators', () => {
  test('bare and empty forms', () => {
    class Bare extends Flow {
      @retry @local @batch @step a() {}
      @retry() @local() @batch() @step b() {}
    }
    const [a, b] = describeFlow(Bare).steps;
    expect(a?.decorators).toEqual({ retry: {}, local: true, layer: { name: 'batch', options: {} } });
    expect(b?.decorators).toEqual(a?.decorators);
  });

  const wrong: [string, () => unknown, string, RegExp][] = [
    [
      'retry times',
      () => retry({ times: -1 }),
      'OPTION_INVALID',
      /'times' must be a whole number of at least 0, got -1/,
    ],
    ['retry times 1.5', () => retry({ times: 1.5 }), 'OPTION_INVALID', /'times' must be/],
    [
      'retry backoff',
      () => retry({ backoff: 'linear' as never }),
      'OPTION_INVALID',
      /'constant' or 'exponential', got 'linear'/,
    ],
    ['unknown option', () => retry({ time: 1 } as never), 'OPTION_INVALID', /@retry has no option 'time'/],
    ['timeout of nothing', () => timeout({}), 'OPTION_INVALID', /must be above 0/],
    [
      'timeout text',
      () => timeout({ minutes: '3' as never }),
      'OPTION_INVALID',
      /'minutes' must be a number of at least 0, got '3'/,
    ],
    [
      'memory text',
      () => resources({ memory: '4GB' as never }),
      'OPTION_INVALID',
      /'memory' must be a number of MB above 0, got '4GB'/,
    ],
    ['environment', () => environment({ vars: { A: 1 as never } }), 'OPTION_INVALID', /'A' is none/],
    ['catchError', () => catchError({} as never), 'OPTION_INVALID', /needs 'var'/],
    ['step edges', () => step({ next: 'a', by: 'x' }), 'OPTION_INVALID', /record of cases/],
    ['step option', () => step({ nxt: 'a' } as never), 'OPTION_INVALID', /no option 'nxt'/],
    ['step foreach', () => step({ next: ['a'], foreach: 'x' }), 'OPTION_INVALID', /the name of one step/],
    ['step with nothing', () => step({}), 'OPTION_INVALID', /'next' holds names of steps/],
    [
      'isolation',
      () => step({ isolation: 'none' as never }),
      'OPTION_INVALID',
      /@step: 'isolation' must be 'process' or 'reuse', got 'none'/,
    ],
    [
      'chunk of none',
      () => step({ chunk: 0 }),
      'OPTION_INVALID',
      /@step: 'chunk' must be a whole number from 1 to 10,000, got 0/,
    ],
    ['chunk of all', () => step({ chunk: 10_001 }), 'OPTION_INVALID', /from 1 to 10,000, got 10001/],
    ['chunk alone', () => step({ isolation: 'process', chunk: 2 }), 'OPTION_INVALID', /exclude each other/],
    ['chunk and edges', () => step({ chunk: 2, foreach: 'x' }), 'OPTION_INVALID', /the name of one step/],
    [
      'concurrency',
      () => concurrency(0),
      'OPTION_INVALID',
      /@concurrency takes a whole number of at least 1, got 0/,
    ],
    ['concurrency text', () => concurrency('3' as never), 'OPTION_INVALID', /got '3'/],
  ];
  test.each(wrong)('%s', (_, use, name, message) => {
    expect(use).toThrow(code(name, message));
  });

  test('how tasks share processes, beside declared edges and other decorators', () => {
    class Shared extends Flow {
      @step({ isolation: 'reuse' }) a() {}
      @concurrency(3) @step({ next: 'a', chunk: 100 }) b() {}
      static {
        steps(this, { c: { chunk: 7, concurrency: 2 } });
      }
      c() {}
    }
    expect(describeFlow(Shared).steps.map(({ decorators, declared }) => ({ decorators, declared }))).toEqual([
      { decorators: { isolation: 'reuse' }, declared: undefined },
      { decorators: { chunk: 100, concurrency: 3 }, declared: { next: 'a' } },
      { decorators: { chunk: 7, concurrency: 2 }, declared: undefined },
    ]);
  });

  test('legacy decorators are told apart', () => {
    const legacy = step as unknown as (target: object, name: string, descriptor: object) => void;
    expect(() => legacy({}, 'start', {})).toThrow(
      code('FLOW_INVALID', /@step on 'start' was compiled as a legacy decorator/),
    );
    const legacyRetry = retry({ times: 1 }) as unknown as (
      target: object,
      name: string,
      descriptor: object,
    ) => void;
    expect(() => legacyRetry({}, 'start', {})).toThrow(code('FLOW_INVALID', /experimentalDecorators/));
  });

  test('twice the same, and two layers', () => {
    const context = {
      kind: 'method',
      name: 'a',
      static: false,
      private: false,
    } as ClassMethodDecoratorContext<Flow>;
    const method = () => undefined;
    retry({ times: 1 })(method, context);
    expect(() => retry(method, context)).toThrow(code('FLOW_INVALID', /'a' carries @retry twice/));
    batch(method, context);
    expect(() => layerDecorator('kubernetes')(method, context)).toThrow(
      code('FLOW_INVALID', /two compute layers/),
    );
    expect(() => local(method, { ...context, kind: 'getter' } as never)).toThrow(
      code('FLOW_INVALID', /stands on the getter 'a'/),
    );
    expect(() => local(method, { ...context, private: true } as never)).toThrow(
      code('FLOW_INVALID', /private method/),
    );
  });

  test('without decorators', () => {
    class Undecorated extends Flow {
      declare items: string[];
      declare failed?: Failure;
      static {
        steps(this, {
          start: { next: 'work', foreach: 'items' },
          work: {
            retry: true,
            catchError: { var: 'failed' },
            timeout: { hours: 1 },
            decorators: [batch({ memory: 1 })],
          },
          join: { next: ['end'] },
          end: { local: true, retry: { times: 0 } },
        });
      }
      start() {}
      work(_item: string) {
        this.next(this.join);
      }
      join() {}
      end() {}
      helper() {}
    }
    const { steps: described, helpers } = describeFlow(Undecorated);
    expect(described.map(({ name, declared }) => [name, declared])).toEqual([
      ['start', { next: 'work', foreach: 'items' }],
      ['work', undefined],
      ['join', { next: ['end'] }],
      ['end', undefined],
    ]);
    expect(described[1]?.decorators).toEqual({
      retry: {},
      catchError: { var: 'failed' },
      timeout: { hours: 1 },
      layer: { name: 'batch', options: { memory: 1 } },
    });
    expect(helpers).toEqual(['helper']);
    expect(flowFile(Undecorated)).toMatch(/language\.test\.ts$/);
    expect(() => steps(Undecorated, { nowhere: {} } as never)).toThrow(
      code('FLOW_INVALID', /'nowhere', which is no method/),
    );
  });

  test('declared edges become the call that the step did not make', () => {
    class Declared extends Flow {
      items = ['a'];
      kind: 'x' | 'y' = 'x';
      broken = 3;
      @step({ next: 'end' }) linear() {}
      @step({ next: ['end', 'linear'] }) branch() {}
      @step({ next: 'linear', foreach: 'items' }) each() {}
      @step({ next: { x: 'end', y: 'linear' }, by: 'kind' }) choose() {}
      @step end() {}
    }
    const flow = new Declared();
    expect(declaredCall(flow, 'linear')).toEqual({ kind: 'linear', targets: ['end'] });
    expect(declaredCall(flow, 'branch')).toEqual({ kind: 'branch', targets: ['end', 'linear'] });
    expect(declaredCall(flow, 'each')).toEqual({ kind: 'foreach', target: 'linear', items: ['a'] });
    expect(declaredCall(flow, 'choose')).toEqual({
      kind: 'switch',
      cases: { x: 'end', y: 'linear' },
      choice: 'x',
    });
    expect(declaredCall(flow, 'end')).toBeUndefined();
    flow.kind = 'z' as never;
    expect(() => declaredCall(flow, 'choose')).toThrow(code('TRANSITION_INVALID', /'kind' is 'z'/));
    flow.items = undefined as never;
    expect(() => declaredCall(flow, 'each')).toThrow(code('TRANSITION_INVALID', /'items' holds no items/));
  });

  test('one registry serves every copy', () => {
    class One extends Flow {
      @step start() {}
    }
    const shared = (globalThis as unknown as Record<symbol, WeakMap<object, unknown>>)[
      Symbol.for('leat.steps/1')
    ];
    expect(shared?.get(One.prototype.start)).toBe(stepRecord(One.prototype.start));
  });
});

describe('parameters', () => {
  const schema = (validate: (value: unknown) => unknown): StandardSchema<string> => ({
    '~standard': { version: 1, vendor: 'test', validate: validate as never },
  });
  const asked = schema((value) => (value === undefined ? { issues: [{ message: 'required' }] } : { value }));
  const given = schema((value) => ({ value: value ?? 'default' }));
  const later = schema(() => Promise.reject(new Error('down')));

  class Many extends Flow {
    flag = parameter(false);
    count = parameter(Number);
    choice = parameter('a', { choices: ['a', 'b'] });
    list = parameter(['x', 'y'], { separator: ';' });
    empty = parameter([] as string[]);
    numbers = parameter([Number], { help: 'some' });
    json = parameter.json({ depth: 1 });
    needed = parameter.json<string[]>();
    text = parameter.file({ default: 'a.txt' });
    bytes = parameter.file({ encoding: 'bytes', help: 'an image' });
    asked = parameter(asked);
    given = parameter(given, { help: 'own default' });
    later = parameter(later);
    withDefault = parameter(asked, { default: 'here' });
  }

  test('every kind is described', () => {
    expect(describeFlow(Many).parameters).toEqual([
      { name: 'flag', kind: 'boolean', required: false, default: false },
      { name: 'count', kind: 'number', required: true },
      { name: 'choice', kind: 'string', required: false, default: 'a', choices: ['a', 'b'] },
      { name: 'list', kind: 'list', item: 'string', separator: ';', required: false, default: ['x', 'y'] },
      { name: 'empty', kind: 'list', item: 'string', separator: ',', required: false, default: [] },
      { name: 'numbers', kind: 'list', item: 'number', separator: ',', required: true, help: 'some' },
      { name: 'json', kind: 'json', required: false, default: { depth: 1 } },
      { name: 'needed', kind: 'json', required: true },
      { name: 'text', kind: 'file', encoding: 'utf8', required: false, default: 'a.txt' },
      { name: 'bytes', kind: 'file', encoding: 'bytes', required: true, help: 'an image' },
      { name: 'asked', kind: 'schema', schema: asked, required: true },
      { name: 'given', kind: 'schema', schema: given, required: false, help: 'own default' },
      { name: 'later', kind: 'schema', schema: later, required: false },
      { name: 'withDefault', kind: 'schema', schema: asked, required: false, default: 'here' },
    ]);
  });

  const wrong: [string, () => unknown, RegExp][] = [
    ['an object', () => parameter({ a: 1 } as never), /got object/],
    ['a mixed list', () => parameter([1, 'a']), /number and string/],
    [
      'a default that is no choice',
      () => parameter('c', { choices: ['a', 'b'] as string[] }),
      /"c" is none of the choices a, b/,
    ],
    [
      'an entry that is no choice',
      () => parameter(['c'], { choices: ['a', 'b'] as string[] }),
      /"c" is none/,
    ],
    ['no choices', () => parameter('c', { choices: [] as string[] }), /at least one/],
    ['an empty separator', () => parameter(['c'], { separator: '' }), /separator/],
  ];
  test.each(wrong)('refused: %s', (_, use, message) => {
    expect(use).toThrow(code('OPTION_INVALID', message));
  });
});
