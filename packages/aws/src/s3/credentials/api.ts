/** The sliver of AWS's SDK that finds credentials, and the only file here that imports it: when it is called, since it takes a tenth of a second to load. */
import type { Credentials } from './credentials.ts';

/** What AWS's own code makes of a profile: SSO, roles, programs. @throws what it throws when it gets none */
export async function askSdk(profile: string): Promise<Credentials> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = await defaultProvider({ profile })();
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt: expiration?.getTime() };
}
