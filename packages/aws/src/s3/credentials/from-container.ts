// Not its promises: they load a dozen modules of Node, and this is a line of text.
import { readFileSync } from 'node:fs';
import { ask, parseCredentials } from './ask.ts';
import type { CredentialSource } from './credentials.ts';

/** Where ECS, and so Batch and Fargate, give the role of a job. */
const ecsAddress = 'http://169.254.170.2';

/** The role of a container: ECS, Batch, Fargate, EKS Pod Identity. */
export const fromContainer: CredentialSource = async ({ env }) => {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const full = env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (!relative && !full) return undefined;
  const place = {
    name: 'the endpoint of the container (AWS_CONTAINER_CREDENTIALS_…)',
    url: new URL(relative ? `${ecsAddress}${relative}` : (full as string)),
    headers: await authorization(env),
  };
  return parseCredentials(place, await ask(place));
};

async function authorization(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string>>> {
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file ? readFileSync(file, 'utf8').trim() : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  return token ? { authorization: token } : {};
}
