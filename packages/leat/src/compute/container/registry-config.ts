/** Docker's `config.json`, podman's `auth.json` and the names of images → the login for a registry. Pure. */

/** A login that is known. */
export type Login =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string };

/** What a program that keeps logins answers. */
export interface HelperAnswer {
  readonly Username?: string;
  readonly Secret?: string;
}

/** The one that is meant when an image names none: as docker writes it into its configuration. */
const hub = 'https://index.docker.io/v1/';
const hubHosts: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** The registry of an image, as logins are kept by it: `quay.io`, `localhost:5000`. */
export function registryOf(image: string): string {
  const host = hostIn(image);
  return host === undefined || hubHosts.has(host) ? hub : host;
}

function hostIn(image: string): string | undefined {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : undefined;
}

/** Folders of a registry that the image is in, the innermost first: podman may keep a login for each. */
function foldersOf(image: string): readonly string[] {
  const parts = image
    .replace(/@.*$/, '')
    .replace(/:[^/]*$/, '')
    .split('/');
  return parts.map((_, at) => parts.slice(0, parts.length - at).join('/')).slice(0, -1);
}

/**
 * What a configuration says of an image's registry: a login, or the program to be asked. As docker does it: a program of its own for this registry, else
 * the one for all, else what stands there itself.
 */
export function findLogin(config: unknown, image: string): Login | { readonly helper: string } | undefined {
  const registry = registryOf(image);
  const { credHelpers, credsStore, auths } = isRecord(config) ? config : {};
  const own = isRecord(credHelpers) ? (credHelpers[hostOf(registry)] ?? credHelpers[registry]) : undefined;
  for (const helper of [own, credsStore])
    // The name is part of a program's: it leads to no other folder.
    if (typeof helper === 'string' && /^[\w.-]+$/.test(helper)) return { helper };
  if (!isRecord(auths)) return undefined;
  const found =
    [...foldersOf(image), registry].find((name) => Object.hasOwn(auths, name)) ??
    Object.keys(auths).find((name) => isSame(hostOf(name), registry));
  return found === undefined ? undefined : loginOf(auths[found]);
}

/** Value of `X-Registry-Auth`: JSON in base64 for URLs, padded. */
export function headerOf(login: Login, registry: string): string {
  const told =
    'identityToken' in login
      ? { identitytoken: login.identityToken, serveraddress: registry }
      : { ...login, serveraddress: registry };
  return Buffer.from(JSON.stringify(told)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function loginOf(entry: unknown): Login | undefined {
  if (!isRecord(entry)) return undefined;
  const { auth, identitytoken: identityToken, username, password } = entry;
  if (typeof identityToken === 'string' && identityToken !== '') return { identityToken };
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  if (typeof auth !== 'string') return undefined;
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Older ones are kept by an address, as in `https://quay.io/v2/`. */
const hostOf = (name: string): string =>
  /^https?:\/\//.test(name) ? (URL.parse(name)?.host ?? name) : name.replace(/\/v\d\/?$/, '');

const isSame = (host: string, registry: string): boolean =>
  registry === hub ? hubHosts.has(host) : host === registry;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
