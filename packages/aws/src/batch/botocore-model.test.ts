/** What the layer sends, held against AWS's own description of the API, as it comes with moto: names, types, enumerations, what is required. */
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { bootstrapCommand } from 'leat/agent';
import { findProgram } from '@leat/testing';
import { expect, test } from 'vitest';
import { jobDefinitionOf, submitJobOf } from './job-spec.ts';
import { parseBatchOptions } from './options.ts';
import { resourcesOf } from './requests.fixture.ts';

const validator = `
import json, sys
import botocore.session
from botocore.validate import ParamValidator
model = botocore.session.get_session().get_service_model('batch')
def enums(shape, value, where):
    if shape.type_name == 'structure' and isinstance(value, dict):
        for name, each in value.items(): yield from enums(shape.members[name], each, where + '.' + name)
    elif shape.type_name == 'list': 
        for each in value: yield from enums(shape.member, each, where)
    elif shape.type_name == 'string' and getattr(shape, 'enum', None) and value not in shape.enum:
        yield f'{where}: {value} is none of {shape.enum}'
found = []
for name, request in json.load(sys.stdin):
    shape = model.operation_model(name).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors(): found.append(report.generate_report())
    else: found.extend(enums(shape, request, name))
print(json.dumps(found))
`;

const python = (): string =>
  path.join(path.dirname(realpathSync(findProgram('moto_server', "pip install 'moto[server]'"))), 'python3');

function complaints(requests: readonly (readonly [string, object])[]): readonly string[] {
  const input = JSON.stringify(requests);
  return JSON.parse(execFileSync(python(), ['-c', validator], { input, encoding: 'utf8' })) as string[];
}

const role = 'arn:aws:iam::123456789012:role/leat-task';
const everything = {
  queue: 'main',
  jobRole: role,
  executionRole: role,
  tags: { team: 'research' },
  share: 'research',
  priority: 3,
  user: '1000',
};
const onEc2 = {
  ...everything,
  sharedMemory: 512,
  tmpfs: 100,
  swap: 1000,
  trainium: 2,
  efs: { fileSystem: 'fs-01', path: '/data', accessPoint: 'fsap-1', iam: true, root: '/' },
  hostVolumes: '/nvme',
  privileged: true,
};
const onFargate = { ...everything, ephemeralStorage: 50_000, publicIp: false };

test('requests are what AWS describes', { timeout: 60_000 }, () => {
  const requests = (['ec2', 'fargate'] as const).flatMap((platform) => {
    const options = parseBatchOptions(platform === 'ec2' ? onEc2 : onFargate, {});
    const resources = resourcesOf({ cpu: 4, memory: 16_384, ...(platform === 'ec2' ? { gpu: 1 } : {}) });
    const command = bootstrapCommand();
    const definition = jobDefinitionOf({ resources, options, platform, architecture: 'arm64', command });
    const of = { flow: 'F', run: '1', step: 's', user: 'me' };
    const told = { name: 'leat-F-1', definition: 'leat-1:1', environment: { LEAT_WORK: 'x' }, of };
    const submission = submitJobOf({ ...told, options, size: 10, timeoutSeconds: 60 });
    return [
      ['RegisterJobDefinition', definition],
      ['SubmitJob', submission],
    ] as const;
  });
  expect(complaints(requests)).toEqual([]);
  // The validator finds what is wrong.
  expect(complaints([['SubmitJob', { jobName: 'x', jobQueue: 3 }]])).not.toEqual([]);
});
