/**
 * Who asks AWS: keys from where AWS's own tools look for them, kept and renewed before they expire. Written for tasks, which must
 * not pay for loading AWS's SDK: that is imported only for what needs it (SSO, roles and programs of a profile).
 */
import { LeatError } from 'leat/datastore';

/** Keys that sign requests. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** Milliseconds since the epoch; `undefined`: they stay. */
  readonly expiresAt?: number | undefined;
}

/** What sources are given. */
export interface CredentialSetting {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly region: string;
}

/** A place that may have credentials. `undefined`: it is not used here. Rejects when it is used and gives none. */
export type CredentialSource = (setting: CredentialSetting) => Promise<Credentials | undefined>;

/** Renewed when they have less than this to live, so that a long upload ends with them. */
const renewBeforeMs = 5 * 60_000;
/** Those of a place that gave short-lived ones late are used to their end. */
const unusableBeforeMs = 10_000;
const betweenTriesMs = 30_000;

/** The credentials of one process. */
export class CredentialKeeper {
  readonly #sources: readonly CredentialSource[];
  readonly #setting: CredentialSetting;
  #kept: Credentials | undefined;
  #asking: Promise<Credentials> | undefined;
  #triedAt = 0;

  constructor(sources: readonly CredentialSource[], setting: CredentialSetting) {
    this.#sources = sources;
    this.#setting = setting;
  }

  /** @throws LeatError STORE_UNAVAILABLE when there are none, saying where they were looked for */
  async get(): Promise<Credentials> {
    const kept = this.#kept;
    const left = (kept?.expiresAt ?? Infinity) - Date.now();
    if (kept === undefined || left < unusableBeforeMs) return await this.#ask();
    // While these still do, nobody waits for new ones, and nobody fails when there are none yet.
    if (left < renewBeforeMs && Date.now() - this.#triedAt > betweenTriesMs)
      this.#ask().catch(() => undefined);
    return kept;
  }

  /** A server has refused these: the next request gets new ones. `false` when there are no others to get. */
  refused(credentials: Credentials): boolean {
    if (credentials.sessionToken === undefined) return false;
    if (this.#kept === credentials) this.#kept = undefined;
    return true;
  }

  #ask(): Promise<Credentials> {
    this.#triedAt = Date.now();
    this.#asking ??= this.#find().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #find(): Promise<Credentials> {
    for (const source of this.#sources) {
      const found = await source(this.#setting);
      if (found === undefined) continue;
      this.#kept = found;
      return found;
    }
    throw new LeatError('STORE_UNAVAILABLE', 'there are no credentials of AWS to reach the datastore with', {
      hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, log in (aws sso login), or give the machine or job a role.',
    });
  }
}
