/** What the process of a task needs to reach S3 as this process does, in a place without its variables, its files and its roles. */
import type { DatastoreAccess } from 'leat/datastore';
import type { Credentials, CredentialKeeper } from './credentials/credentials.ts';
import { endpointOf } from './endpoint.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where S3 is, as programs are told. No file among them: a task has none of this machine's. */
const places = /^AWS_(?:REGION|DEFAULT_REGION|ENDPOINT_URL(?:_\w+)?)$/;
const keys = new Set(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']);

/** Before keys end there must be time to get new ones, in more than one try. */
const renewBeforeMs = 5 * 60_000;
const betweenTriesMs = 40_000;

/**
 * Keys that this process was told by variables are told on so: they are all there will ever be. Those that come from a profile, a login, a role
 * or a token go into a file as AWS's tools read it, since they are renewed.
 *
 * @param folder full path where the task finds the files
 */
export async function accessFor(
  folder: string,
  { env, credentials, now }: { env: Environment; credentials: Pick<CredentialKeeper, 'get'>; now: number },
): Promise<DatastoreAccess> {
  const told = (names: (name: string) => boolean): Record<string, string> =>
    Object.fromEntries(
      Object.entries(env).filter((one): one is [string, string] => names(one[0]) && Boolean(one[1])),
    );
  const where = told((name) => places.test(name));
  const onLoopback = isLoopback(endpointOf(env));
  const byVariable = Boolean(env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']);
  if (byVariable)
    return { environment: { ...where, ...told((name) => keys.has(name)) }, files: {}, onLoopback };
  const found = await credentials.get();
  return {
    environment: {
      ...where,
      AWS_SHARED_CREDENTIALS_FILE: `${folder}/credentials`,
      AWS_CONFIG_FILE: `${folder}/config`,
      // Whatever the image says.
      AWS_PROFILE: 'default',
    },
    files: { credentials: profileOf(found), config: '[default]\n' },
    ...(found.expiresAt !== undefined && {
      renewAt: Math.max(found.expiresAt - renewBeforeMs, now + betweenTriesMs),
    }),
    onLoopback,
  };
}

function profileOf({ accessKeyId, secretAccessKey, sessionToken }: Credentials): string {
  const lines = [`aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key = ${secretAccessKey}`];
  if (sessionToken !== undefined) lines.push(`aws_session_token = ${sessionToken}`);
  return `[default]\n${lines.join('\n')}\n`;
}

function isLoopback(endpoint: string | undefined): boolean {
  const host = endpoint === undefined ? undefined : URL.parse(endpoint)?.hostname;
  return host !== undefined && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);
}
