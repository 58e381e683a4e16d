/**
 * Who asks a registry for an image: what `docker login` or `podman login` has left, or the program that keeps it. Docker's engine knows nothing of
 * that, and podman's service does not know the variables of whoever asks it: the login is sent along.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { askProgram } from './login-helper.ts';
import { findLogin, headerOf, type HelperAnswer, type Login, registryOf } from './registry-config.ts';

/** What a program that keeps logins says when it has none; it is no trouble. */
const nothing = /credentials not found/i;

/** What is known of a login. */
export interface FoundLogin {
  /** Value of the header `X-Registry-Auth`; absent: nobody has logged in. */
  readonly header?: string;
  /** Why nobody knows, for the message in case the registry refuses. */
  readonly trouble?: string;
}

/** Whose logins they are. */
export interface LoginSurroundings {
  readonly engine: 'podman' | 'docker';
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly uid: number | undefined;
}

/** Files with logins, in the order in which the engine's own command line reads them (containers-auth.json(5) for podman). Pure. */
export function loginFiles({ engine, env, home, uid }: LoginSurroundings): readonly string[] {
  const ofDocker = path.join(env['DOCKER_CONFIG'] || path.join(home, '.docker'), 'config.json');
  if (engine === 'docker') return [ofDocker];
  const named = env['REGISTRY_AUTH_FILE'];
  if (named) return [named];
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    runtime ? path.join(runtime, 'containers/auth.json') : `/run/containers/${uid ?? 0}/auth.json`,
    path.join(env['XDG_CONFIG_HOME'] || path.join(home, '.config'), 'containers/auth.json'),
    ofDocker,
  ];
}

/**
 * The login for the registry of an image: the first that is found; a file that cannot be read keeps nobody from the next. Never throws: an
 * image may be there for all.
 *
 * @param signal nobody waits for it any more
 */
export async function loginFor(
  image: string,
  surroundings: LoginSurroundings,
  signal: AbortSignal,
): Promise<FoundLogin> {
  const registry = registryOf(image);
  const troubles: string[] = [];
  const told = (): Pick<FoundLogin, 'trouble'> =>
    troubles.length === 0
      ? {}
      : { trouble: `the login for ${registry} could not be read: ${troubles.join('; ')}` };
  for (const file of loginFiles(surroundings)) {
    try {
      const found = await loginIn(file, image, signal);
      if (found !== undefined) return { header: headerOf(found, registry), ...told() };
    } catch (error) {
      troubles.push((error as Error).message);
    }
  }
  return told();
}

async function loginIn(file: string, image: string, signal: AbortSignal): Promise<Login | undefined> {
  const config = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (config === undefined) return undefined;
  const login = findLogin(parse(config), image);
  return login !== undefined && 'helper' in login
    ? askHelper(login.helper, registryOf(image), signal)
    : login;
}

async function askHelper(name: string, registry: string, signal: AbortSignal): Promise<Login | undefined> {
  const program = `docker-credential-${name}`;
  const { text, code } = await askProgram(program, registry, { signal });
  if (code !== 0 && nothing.test(text)) return undefined;
  // Never what it said: that may hold secrets.
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}`);
  const { Username = '', Secret = '' } = parse(text) as HelperAnswer;
  return Username === '<token>' ? { identityToken: Secret } : { username: Username, password: Secret };
}

/** The error of `JSON.parse` quotes what it was given. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error('it is no JSON');
  }
}
