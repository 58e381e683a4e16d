/**
 * Who asks a registry for an image: what `docker login` or `podman login` has left, or the program that keeps it. Docker's engine knows nothing of
 * that, and podman's service does not know the variables of whoever asks it: the login is sent along.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { findLogin, headerOf, type HelperAnswer, type Login, registryOf } from './registry-config.ts';

/** How long a program that keeps logins may think; it may ask its user. In milliseconds. */
const patienceMs = 30_000;
/** What such a program says when it has none; it is no trouble. */
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

/** The login for the registry of an image. Never throws: an image may be there for all. */
export async function loginFor(image: string, surroundings: LoginSurroundings): Promise<FoundLogin> {
  const registry = registryOf(image);
  try {
    for (const file of loginFiles(surroundings)) {
      const found = await loginIn(file, image);
      if (found !== undefined) return { header: headerOf(found, registry) };
    }
    return {};
  } catch (error) {
    return { trouble: `the login for ${registry} could not be read: ${(error as Error).message}` };
  }
}

async function loginIn(file: string, image: string): Promise<Login | undefined> {
  const config = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (config === undefined) return undefined;
  const login = findLogin(parse(config), image);
  return login !== undefined && 'helper' in login ? askHelper(login.helper, registryOf(image)) : login;
}

/** Asks a program such as `docker-credential-pass`; it is told the registry on its input, and answers in JSON. */
async function askHelper(name: string, registry: string): Promise<Login | undefined> {
  const program = `docker-credential-${name}`;
  const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: patienceMs });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(registry);
  const [answer, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0 && nothing.test(answer)) return undefined;
  // Never what it said: that may hold secrets.
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}`);
  const { Username = '', Secret = '' } = parse(answer) as HelperAnswer;
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
