/** What a task in a container needs to reach a datastore that is no folder. Pure. */

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables by which programs find S3, and the way to their credentials: no file among them, since containers have none of this machine's. */
const names =
  /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|DEFAULT_REGION|ENDPOINT_URL(?:_\w+)?|CONTAINER_CREDENTIALS_\w+|CONTAINER_AUTHORIZATION_TOKEN|EC2_METADATA_\w+)$/;

/** The variables of the engine's environment that a task gets, in its message and nowhere else. */
export function storeEnvironment(datastore: string, env: Environment): Readonly<Record<string, string>> {
  if (isFolder(datastore)) return {};
  const given = Object.entries(env).filter(([name, value]) => names.test(name) && value !== undefined);
  return Object.fromEntries(given) as Record<string, string>;
}

/** The network that a task needs: that of this machine where the datastore listens on it, else any. */
export function storeNetwork(datastore: string, env: Environment): 'host' | undefined {
  if (isFolder(datastore)) return undefined;
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const host = endpoint === undefined ? undefined : URL.parse(endpoint)?.hostname;
  return host !== undefined && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host) ? 'host' : undefined;
}

/** Whether it is mounted. */
export const isFolder = (datastore: string): boolean => datastore.startsWith('file:');
