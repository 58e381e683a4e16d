import { ask, parseCredentials } from './ask.ts';
import type { CredentialSource } from './credentials.ts';

const address = 'http://169.254.169.254';
const name = 'the metadata service of the machine (IMDSv2)';
const tokenSeconds = '21600';
const rolesPath = '/latest/meta-data/iam/security-credentials/';

/**
 * The role of an EC2 instance, by version 2 of its metadata service. Comes last: elsewhere nobody answers at its address, which
 * takes some seconds to find out.
 */
export const fromInstance: CredentialSource = async ({ env }) => {
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
  const base = env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || address;
  const session = await ask({
    name,
    url: new URL('/latest/api/token', base),
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': tokenSeconds, 'content-length': '0' },
    tries: 4,
  }).catch(() => undefined);
  if (session === undefined) return undefined;
  const headers = { 'x-aws-ec2-metadata-token': session.body.toString('utf8') };
  const roles = await ask({ name, url: new URL(rolesPath, base), headers });
  const role = roles.body.toString('utf8').split('\n', 1)[0]?.trim() ?? '';
  const place = { name, url: new URL(rolesPath + encodeURIComponent(role), base), headers };
  return parseCredentials(place, await ask(place));
};
