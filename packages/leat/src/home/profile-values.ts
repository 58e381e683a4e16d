/** What may stand in a profile. Pure. */
import { LeatError } from '../errors/index.ts';
import { withoutPassword } from '../errors/without-password.ts';

/** A value of a layer's option. */
export type ProfileOption =
  | string
  | number
  | boolean
  | readonly ProfileOption[]
  | { readonly [name: string]: ProfileOption };

/** What a profile says. All of it is optional, and all of it gives way to options and variables. */
export interface ProfileValues {
  /** URL of the datastore: `s3://bucket/leat`. */
  readonly datastore?: string;
  /** URL of the metadata, without a password: `postgres://db.example/leat`. */
  readonly metadata?: string;
  /** Defaults of the options of compute layers, by layer: `{ batch: { queue: 'leat' } }`. */
  readonly layers?: Readonly<Record<string, Readonly<Record<string, ProfileOption>>>>;
  /** Variables for vendors' own programs, where they are not set: `{ AWS_REGION: 'eu-north-1' }`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** File with prices, in place of those that come with Leat. */
  readonly prices?: string;
}

type Reader = (value: unknown) => boolean;

const isText: Reader = (value) => typeof value === 'string' && value.length > 0;
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isOption: Reader = (value) =>
  ['string', 'number', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) && value.every(isOption)) ||
  (isRecord(value) && Object.values(value).every(isOption));

const parts: Readonly<Record<keyof ProfileValues, readonly [is: Reader, expected: string]>> = {
  datastore: [isText, 'a URL, as in s3://bucket/leat'],
  metadata: [isText, 'a URL, as in postgres://db.example/leat'],
  layers: [
    (value) => isRecord(value) && Object.values(value).every((one) => isRecord(one) && isOption(one)),
    'options by layer, as in { "batch": { "queue": "leat" } }',
  ],
  environment: [
    (value) => isRecord(value) && Object.values(value).every((one) => typeof one === 'string'),
    'texts by name, as in { "AWS_REGION": "eu-north-1" }',
  ],
  prices: [isText, 'the path of a file'],
};

const secretName =
  /pass(?:word|wd|phrase)?$|secret|token|credential|api_?key|access_?key|private_?key|session_?key/i;
// The forms in which AWS, GitHub and PEM files hand out secrets.
const secretForm = /^(?:AKIA|ASIA)[A-Z0-9]{16}$|^gh[pousr]_\w{30,}$|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/**
 * Reads the text of a profile.
 *
 * @param file named in messages
 * @throws LeatError OPTION_INVALID when it is no JSON, when it says what no profile may, or when it holds a secret
 */
export function parseProfile(text: string, file: string): ProfileValues {
  const values = jsonOf(text, file);
  if (!isRecord(values)) throw invalid(file, 'it must be a JSON object');
  // First: what is refused for its form is shown.
  refuseSecrets(values, file, []);
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(parts, name))
      throw invalid(
        file,
        `'${name}' has no meaning there`,
        `A profile has ${Object.keys(parts).join(', ')}.`,
      );
    const [is, expected] = parts[name as keyof ProfileValues];
    if (!is(value)) throw invalid(file, `'${name}' must be ${expected}, got ${JSON.stringify(value)}`);
  }
  return values;
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LeatError('OPTION_INVALID', `the profile ${file} is no JSON: ${String(cause)}`, { cause });
  }
}

/** The value itself is never shown: that it is refused must not put it into a log. */
function refuseSecrets(value: unknown, file: string, path: readonly string[]): void {
  if (typeof value === 'string') {
    const where = `'${path.join('.')}'`;
    if (secretForm.test(value)) throw invalid(file, `${where} looks like a secret`, noSecrets);
    if (value.includes('://') && withoutPassword(value) !== value)
      throw invalid(
        file,
        `${where} is a URL with a password`,
        'Use ~/.pgpass or PGPASSWORD for the password.',
      );
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, one] of Object.entries(value)) {
    const inner = [...path, name];
    if (secretName.test(name)) throw invalid(file, `'${inner.join('.')}' looks like a secret`, noSecrets);
    refuseSecrets(one, file, inner);
  }
}

const noSecrets =
  'Profiles hold no secrets. Credentials of AWS belong into ~/.aws (aws configure, aws sso login) or into variables.';

const invalid = (file: string, what: string, hint?: string): LeatError =>
  new LeatError('OPTION_INVALID', `the profile ${file}: ${what}`, hint === undefined ? {} : { hint });
