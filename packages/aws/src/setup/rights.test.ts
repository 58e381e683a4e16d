import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { s3Error } from '../s3/s3-error.ts';

const template = readFileSync(join(import.meta.dirname, '../../templates/leat.yaml'), 'utf8');

const policyOf = (name: string): string =>
  new RegExp(`^ {2}${name}:\\n(.*?)^ {2}# ──`, 'ms').exec(template)?.[1] ?? '';

const edges = ['batch/api.ts', 'batch/collect/api.ts', 'setup/api.ts'];

/** Services whose name in IAM is another one than in the SDK. */
const named: Readonly<Record<string, string>> = {
  'auto-scaling': 'autoscaling',
  'cloudwatch-logs': 'logs',
  'service-quotas': 'servicequotas',
};

/** Each call is made by a command or a paginator, after the client of its service was imported. */
function callsIn(source: string): readonly string[] {
  let service = '';
  const found = new Set<string>();
  const imports = new Map<string, string>();
  for (const [, names = '', from = ''] of source.matchAll(
    /import \{([^}]*)\} from '@aws-sdk\/client-([\w-]+)'/g,
  ))
    for (const name of names.split(',')) imports.set(name.trim(), from);
  for (const [, from, command, pages] of source.matchAll(
    /import\('@aws-sdk\/client-([\w-]+)'\)|new (?:sdk\.)?(\w+)Command\(|(?:sdk\.)?paginate(\w+)\(|this\.#ec2\(\)/g,
  )) {
    if (from !== undefined) service = from;
    const call = command ?? pages;
    if (call === undefined && from === undefined) service = 'ec2';
    if (call === undefined) continue;
    const of = imports.get(`${call}Command`) ?? imports.get(`paginate${call}`) ?? service;
    found.add(`${named[of] ?? of}:${call}`);
  }
  return [...found];
}

// No stand-in for AWS checks rights: what the driver says that it needs is held against what the template gives.
it('whoever runs flows may do in the bucket what the datastore needs, gc included', () => {
  const refused = s3Error('read', { status: 403, code: 'AccessDenied', message: '', tries: 1 });
  const needed = refused.hint?.match(/s3:\w+/g) ?? [];
  expect(needed).toContain('s3:ListBucketMultipartUploads');
  expect(new Set(policyOf('UserPolicy').match(/s3:\w+/g))).toEqual(
    new Set([...needed, 's3:GetBucketLocation']),
  );
});

/** What a call needs besides the right of its own name: a definition names roles, and what is made has tags. */
const implied = ['iam:PassRole', 'batch:TagResource'];

// Of each edge of the SDK: the calls that it makes, as IAM names them.
it('whoever runs flows may ask what the layer, set-up and diagnosis ask of AWS, and nothing else', () => {
  const given = policyOf('UserPolicy').match(/(?<=')(?!s3:|iam:PassedTo)[a-z0-9]+:[A-Z]\w+(?=')/g) ?? [];
  const needed = edges.flatMap((file) =>
    callsIn(readFileSync(join(import.meta.dirname, '..', file), 'utf8')),
  );
  expect(needed.length).toBeGreaterThan(20);
  expect(new Set(given)).toEqual(new Set([...needed, ...implied]));
});
