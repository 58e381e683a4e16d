import { LeatError } from 'leat/datastore';
// Not its promises: they load a dozen modules of Node, and this is a line of text.
import { readFileSync } from 'node:fs';
import { textOf } from '../xml.ts';
import { ask } from './ask.ts';
import type { CredentialSource } from './credentials.ts';

/** The role that a token in a file stands for: service accounts of Kubernetes (IRSA), jobs of CI systems. */
export const fromWebIdentity: CredentialSource = async ({ env, region }) => {
  const file = env['AWS_WEB_IDENTITY_TOKEN_FILE'];
  const role = env['AWS_ROLE_ARN'];
  if (!file || !role) return undefined;
  const suffix = region.startsWith('cn-') ? '.cn' : '';
  const url = new URL(
    env['AWS_ENDPOINT_URL_STS'] || env['AWS_ENDPOINT_URL'] || `https://sts.${region}.amazonaws.com${suffix}`,
  );
  // Not in the address: what is on the way may keep that.
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: env['AWS_ROLE_SESSION_NAME'] || 'leat',
    WebIdentityToken: readFileSync(file, 'utf8').trim(),
  }).toString();
  const answer = await ask({
    name: `STS, for the role ${role}`,
    url,
    method: 'POST',
    headers: { accept: 'application/xml', 'content-type': 'application/x-www-form-urlencoded' },
    body: form,
  });
  const xml = answer.body.toString('utf8');
  const accessKeyId = textOf(xml, 'AccessKeyId');
  const secretAccessKey = textOf(xml, 'SecretAccessKey');
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new LeatError('STORE_UNAVAILABLE', `STS gave no credentials for the role ${role}`, {
      hint: 'Check AWS_ROLE_ARN and that its trust policy names the issuer of the token.',
    });
  }
  const expiration = textOf(xml, 'Expiration');
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: textOf(xml, 'SessionToken'),
    expiresAt: expiration === undefined ? undefined : Date.parse(expiration),
  };
};
