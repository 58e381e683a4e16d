import { describe, expect, it } from 'vitest';
import { agentEnvironment, readAgentEnvironment } from './agent-environment.ts';

const setting = { datastore: 's3://bucket/leat', work: 'runs/F/1/work/a' };

describe('agentEnvironment', () => {
  it('says only what it was told', () => {
    expect(agentEnvironment(setting)).toEqual({
      LEAT_DATASTORE: 's3://bucket/leat',
      LEAT_WORK: 'runs/F/1/work/a',
    });
  });

  it('comes back as it was', () => {
    const env = agentEnvironment({
      ...setting,
      index: 'AWS_BATCH_JOB_ARRAY_INDEX',
      first: 10_000,
      tryVariable: 'AWS_BATCH_JOB_ATTEMPT',
      stopSeconds: 100,
      tools: { url: 'https://tools', sha256: 'aa' },
      node: { url: 'https://node', sha256: 'bb', platform: 'linux-x64' },
    });
    const platform = { AWS_BATCH_JOB_ARRAY_INDEX: '17', AWS_BATCH_JOB_ATTEMPT: '2' };
    expect(readAgentEnvironment({ ...env, ...platform })).toEqual({
      ...setting,
      index: 10_017,
      try: '2',
      stopSeconds: 100,
    });
    expect(readAgentEnvironment({ ...agentEnvironment({ ...setting, index: 3 }) })).toMatchObject({
      index: 3,
      stopSeconds: 20,
    });
  });

  it.each([
    ['nothing', {}, 'LEAT_DATASTORE of the job is missing'],
    ['no work', { LEAT_DATASTORE: 's3://b' }, 'LEAT_WORK of the job is missing'],
    [
      'no index',
      { ...agentEnvironment({ ...setting, index: 'SLURM_ARRAY_TASK_ID' }) },
      'SLURM_ARRAY_TASK_ID of the job is missing',
    ],
    [
      'a wrong index',
      { ...agentEnvironment({ ...setting, index: 'INDEX' }), INDEX: 'x' },
      "must be a whole number; it is 'x'",
    ],
  ])('refuses %s', (_, env, message) => {
    expect(() => readAgentEnvironment(env)).toThrow(message);
  });
});
