import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResourcesOptions, StepDecorators } from '../flow/description.ts';
import { planOf } from './plan.fixture.ts';
import type { StepPlan } from './plan.ts';
import { defaultResources, resourceNames } from './resolve-resources.ts';

const work = (decorators: StepDecorators, ...flags: readonly string[]): StepPlan =>
  planOf(decorators, flags).steps['work'] as StepPlan;
const refused = (
  run: () => unknown,
  code = 'OPTION_INVALID',
): { readonly message: string; readonly hint: string } => {
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject({ code });
    return error as never;
  }
  throw new Error('was not refused');
};

describe('the layer of a step', () => {
  it('is local unless told', () => expect(work({}).layer).toBe('local'));
  it('is the one of its decorator', () =>
    expect(work({ layer: { name: 'batch', options: { queue: 'q' } } }).layer).toBe('batch'));
  it('is the one of --with', () => expect(work({}, 'kubernetes').layer).toBe('kubernetes'));
  it('is its own one, whatever --with says', () => {
    const plan = work(
      { layer: { name: 'batch', options: { queue: 'q', memory: 5 } } },
      'kubernetes:memory=1,x=2',
    );
    expect(plan).toMatchObject({
      layer: 'batch',
      layerOptions: { queue: 'q' },
      resources: { memory: { value: 5, origin: 'layer decorator' } },
    });
  });
  it('stays local with @local', () =>
    expect(work({ local: true }, 'batch:cpu=8')).toMatchObject({
      layer: 'local',
      resources: { cpu: { value: 1 } },
    }));
  it('holds for every step', () =>
    expect(Object.values(planOf({}, ['batch']).steps).map(({ layer }) => layer)).toEqual([
      'batch',
      'batch',
      'batch',
    ]));
  it('may be a module', () => expect(work({}, '@acme/leat-nomad').layer).toBe('@acme/leat-nomad'));
  it('keeps resources out of the options of the layer', () => {
    expect(work({}, 'batch:memory=10,cpu=2,gpu=1,disk=3,queue=spot').layerOptions).toEqual({ queue: 'spot' });
  });
  it('must exist', () => {
    const { message, hint } = refused(() => work({}, 'bacth'), 'LAYER_UNKNOWN');
    expect(message).toBe("there is no compute layer 'bacth'");
    expect(hint).toContain("did you mean 'batch'?");
    expect(refused(() => work({}, 'retyr'), 'LAYER_UNKNOWN').hint).toContain("'retry'");
  });
  it('must exist also when every step has one of its own', () => {
    refused(() => planOf({ local: true }, ['nowhere']), 'LAYER_UNKNOWN');
  });
  it('is one', () => {
    expect(refused(() => work({}, 'batch', 'kubernetes')).message).toContain(
      "two compute layers, 'batch' and 'kubernetes'",
    );
    expect(refused(() => work({ local: true, layer: { name: 'batch', options: {} } })).message).toBe(
      "the step 'work' carries @local and @batch",
    );
  });
});

const amounts = fc.record(
  {
    cpu: fc.integer({ min: 1, max: 64 }),
    memory: fc.integer({ min: 1, max: 900_000 }),
    gpu: fc.integer({ min: 0, max: 8 }),
    disk: fc.integer({ min: 1, max: 9000 }),
  },
  { requiredKeys: [] },
);
const maybe = fc.option(amounts, { nil: undefined });
const flag = (name: string, options: ResourcesOptions): string =>
  `${name}:${Object.entries(options)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')}`;

describe('resources', () => {
  it('layer over @resources over defaults, value by value; the step itself over --with', () => {
    fc.assert(
      fc.property(maybe, maybe, maybe, maybe, (ownLayer, ownResources, withLayer, withResources) => {
        const plan = work(
          {
            ...(ownLayer && { layer: { name: 'batch', options: ownLayer } }),
            ...(ownResources && { resources: ownResources }),
          },
          ...(withLayer ? [flag('kubernetes', withLayer)] : []),
          ...(withResources ? [flag('resources', withResources)] : []),
        );
        for (const name of resourceNames) {
          const [fromLayer, layerOrigin] = ownLayer
            ? [ownLayer[name], 'layer decorator']
            : [withLayer?.[name], '--with'];
          const [fromResources, resourcesOrigin] = ownResources
            ? [ownResources[name], '@resources']
            : [withResources?.[name], '--with'];
          const expected =
            fromLayer !== undefined
              ? { value: fromLayer, origin: layerOrigin }
              : fromResources !== undefined
                ? { value: fromResources, origin: resourcesOrigin }
                : { value: defaultResources[name], origin: 'default' };
          expect(plan.resources[name]).toEqual(expected);
        }
      }),
    );
  });

  it('an explicit value that is smaller than the default wins, too', () => {
    expect(work({ resources: { cpu: 0.25 } }).resources.cpu).toEqual({ value: 0.25, origin: '@resources' });
  });

  it.each([
    [
      { layer: { name: 'batch', options: { memory: '8G' } } },
      [],
      "@batch of the step 'work': 'memory' must be a number above 0, got \"8G\"",
    ],
    [{}, ['batch:gpu=0.5'], "'gpu' must be a whole number of at least 0, got 0.5"],
    [{}, ['resources:cpu=0'], "--with 'resources:cpu=0': @resources: 'cpu' must be"],
    [{}, ['resources:cores=1'], "@resources has no option 'cores'"],
  ] as const)('refuses %j %j', (decorators, flags, message) => {
    expect(refused(() => work(decorators as StepDecorators, ...flags)).message).toContain(message);
  });
});

describe('@retry', () => {
  const none = { times: 0, waitSeconds: 0, backoff: 'constant', maxWaitSeconds: 604800 };
  it('is none unless told', () => expect(work({}).retry).toEqual(none));
  it('is three at once', () => expect(work({ retry: {} }).retry).toEqual({ ...none, times: 3 }));
  it('counts in seconds', () => {
    const retry = work({
      retry: { times: 9, minutesBetweenRetries: 0.5, backoff: 'exponential', maxMinutes: 30 },
    }).retry;
    expect(retry).toEqual({ times: 9, waitSeconds: 30, backoff: 'exponential', maxWaitSeconds: 1800 });
  });
  it('grows from a minute', () =>
    expect(work({ retry: { backoff: 'exponential' } }).retry.waitSeconds).toBe(60));
  it('is never above its bound', () =>
    expect(work({ retry: { minutesBetweenRetries: 5, maxMinutes: 1 } }).retry).toMatchObject({
      waitSeconds: 60,
      maxWaitSeconds: 60,
    }));
  it('comes from --with', () =>
    expect(work({}, 'retry:times=5,minutesBetweenRetries=1').retry).toMatchObject({
      times: 5,
      waitSeconds: 60,
    }));
  it('times: 0 protects from --with, and from second copies', () =>
    expect(work({ retry: { times: 0 } }, 'retry').retry).toEqual({ ...none, protected: true }));
  it('refuses what the decorator refuses', () => {
    expect(refused(() => work({}, 'retry:times=-1')).message).toContain(
      "--with 'retry:times=-1': @retry: 'times' must be a whole number of at least 0",
    );
    expect(refused(() => work({}, 'retry', 'retry:times=1')).message).toContain('given twice');
  });
});

describe('the other decorators', () => {
  it('sums a timeout', () =>
    expect(work({ timeout: { seconds: 1, minutes: 1, hours: 1 } }).timeoutSeconds).toBe(3661));
  it('takes a timeout from --with, where there is none', () => {
    expect(work({}, 'timeout:minutes=5').timeoutSeconds).toBe(300);
    expect(work({ timeout: { seconds: 1 } }, 'timeout:minutes=5').timeoutSeconds).toBe(1);
    expect(refused(() => work({}, 'timeout')).message).toContain('above 0');
  });
  it('takes variables from --with as text', () => {
    expect(work({}, 'environment:OMP_NUM_THREADS=4,NAME=x').environment).toEqual({
      OMP_NUM_THREADS: '4',
      NAME: 'x',
    });
    expect(work({}, 'environment:vars={"A":"b"}').environment).toEqual({ A: 'b' });
    expect(work({ environment: { vars: { OWN: '1' } } }, 'environment:A=b').environment).toEqual({
      OWN: '1',
    });
  });
  it('catches', () => {
    expect(work({ catchError: { var: 'failed' } }).catchError).toEqual({ var: 'failed' });
    expect(work({}, 'catchError:var=failed').catchError).toEqual({ var: 'failed' });
  });
  it('needs a case to catch on a switch', () => {
    const cases = { big: 'end', small: 'end' };
    expect(refused(() => planOf({}, ['catchError:var=failed'], cases)).message).toContain(
      "needs 'case' on the step 'work'",
    );
    expect(
      refused(() => planOf({ catchError: { var: 'failed', case: 'huge' } }, [], cases)).message,
    ).toContain("names the case 'huge'");
    expect(
      planOf({ catchError: { var: 'failed', case: 'big' } }, [], cases).steps['work']?.catchError,
    ).toEqual({ var: 'failed', case: 'big' });
  });
});

describe('a plan', () => {
  it('is JSON data with a hash of each step', () => {
    const plan = planOf({ retry: {}, timeout: { minutes: 1 } }, ['batch:queue=q']);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan.stepHashes).toEqual({
      start: 'hash of start() {}',
      work: 'hash of work() {}',
      end: 'hash of end() {}',
    });
  });
});

describe('the profile', () => {
  const profile = { batch: { queue: 'leat', memory: 4000, image: 'node:26' }, local: { cpu: 2 } };
  const withProfile = (decorators: StepDecorators, ...flags: readonly string[]): StepPlan =>
    planOf(decorators, flags, undefined, profile).steps['work'] as StepPlan;

  it('gives what neither a decorator nor --with gives, and is named as the origin', () => {
    expect(withProfile({}, 'batch:image=python:3.12')).toMatchObject({
      layerOptions: { queue: 'leat', image: 'python:3.12' },
      fromProfile: ['queue'],
      resources: { memory: { value: 4000, origin: 'profile' }, cpu: { value: 1, origin: 'default' } },
    });
  });

  it('gives way to @resources', () => {
    const { resources } = withProfile({ resources: { memory: 9000 } }, 'batch');
    expect(resources.memory).toEqual({ value: 9000, origin: '@resources' });
  });

  it('concerns its layers only', () => {
    expect(withProfile({}, 'kubernetes')).toMatchObject({ layerOptions: {} });
    expect(withProfile({}, 'kubernetes')).not.toHaveProperty('fromProfile');
    expect(withProfile({}).resources.cpu).toEqual({ value: 2, origin: 'profile' });
  });

  it('is blamed for a wrong number', () => {
    const wrong = { batch: { memory: -1 } };
    expect(refused(() => planOf({}, ['batch'], undefined, wrong)).message).toMatch(
      /^the profile of the step/,
    );
  });
});
