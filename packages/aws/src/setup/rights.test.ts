import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { s3Error } from '../s3/s3-error.ts';

const template = readFileSync(join(import.meta.dirname, '../../templates/leat.yaml'), 'utf8');

// No stand-in for AWS checks rights: what the driver says that it needs is held against what the template gives.
it('whoever runs flows may do in the bucket what the datastore needs, gc included', () => {
  const refused = s3Error('read', { status: 403, code: 'AccessDenied', message: '', tries: 1 });
  const needed = refused.hint?.match(/s3:\w+/g) ?? [];
  expect(needed).toContain('s3:ListBucketMultipartUploads');
  const [, policy = ''] = /^ {2}UserPolicy:\n(.*?)^ {2}# ──/ms.exec(template) ?? [];
  expect(new Set(policy.match(/s3:\w+/g))).toEqual(new Set([...needed, 's3:GetBucketLocation']));
});
