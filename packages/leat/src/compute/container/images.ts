/** Images as the tasks of a run need them: there, or fetched once, with progress. */
import type { EngineApi, PullProgress } from './api.ts';
import { EngineError } from './engine-error.ts';
import { tellOfFetch } from './fetch-notes.ts';
import type { FoundLogin } from './registry-login.ts';

/** What became of an image; `permanent`: asking again would bring the same. */
export type ImageState =
  | { readonly ready: true }
  | { readonly ready: false; readonly reason: string; readonly permanent: boolean };

interface Known {
  readonly state: Promise<ImageState>;
  note: string;
  readonly told: Set<(note: string) => void>;
}

/** Who asks for an image; `signal`: nobody waits for the answer any more. */
type LoginFor = (image: string, signal: AbortSignal) => Promise<FoundLogin>;

/** How images are fetched. */
export interface ImagesSetting {
  /** Whoever watches the run, told of what takes long. */
  readonly tell?: ((text: string) => void) | undefined;
  /** Who asks the registry, where the engine does not know it by itself. */
  readonly loginFor?: LoginFor | undefined;
}

const bytesPerMb = 1024 * 1024;

export class Images {
  readonly #api: Pick<EngineApi, 'hasImage' | 'pull'>;
  readonly #tell: (text: string) => void;
  readonly #loginFor: LoginFor;
  readonly #closing = new AbortController();
  readonly #known = new Map<string, Known>();

  constructor(
    api: Pick<EngineApi, 'hasImage' | 'pull'>,
    { tell = () => undefined, loginFor = async () => ({}) }: ImagesSetting = {},
  ) {
    this.#api = api;
    this.#tell = tell;
    this.#loginFor = loginFor;
  }

  /** Fetches nothing any more, also what is on its way: an image may take many minutes, and nobody waits for it. */
  close(): void {
    this.#closing.abort();
  }

  /** Resolves when the image is there, or never will be; fetches it when it is not. `progress` is told what it waits for. */
  async ready(image: string, progress?: (note: string) => void): Promise<ImageState> {
    const known = this.#known.get(image) ?? this.#begin(image);
    if (progress === undefined) return known.state;
    if (known.note !== '') progress(known.note);
    known.told.add(progress);
    try {
      return await known.state;
    } finally {
      known.told.delete(progress);
    }
  }

  #begin(image: string): Known {
    const known: Known = { state: this.#fetch(image), note: '', told: new Set() };
    this.#known.set(image, known);
    // What went wrong may be right the next time: a retry asks again.
    void known.state.then(({ ready }) => ready || this.#known.delete(image));
    return known;
  }

  async #fetch(image: string): Promise<ImageState> {
    try {
      if (!(await this.#api.hasImage(image))) await this.#pull(image);
      return { ready: true };
    } catch (error) {
      // A registry that is busy, and a network that is down, are no reason to give a task up.
      const { message } = error as Error;
      const permanent = error instanceof EngineError && (error.permanent || isRefusal(message));
      return { ready: false, reason: message, permanent };
    }
  }

  async #pull(image: string): Promise<void> {
    const notes = tellOfFetch(image, this.#tell);
    let ready = false;
    const note = (text: string): void => {
      notes.note(text);
      this.#note(image, text);
    };
    try {
      note(`fetching ${image}`);
      const progress = (done: number, total: number): void => {
        const size = total > 0 ? `: ${megabytes(done)} of ${megabytes(total)} MB` : '';
        note(`fetching ${image}${size}`);
      };
      await this.#ask(image, progress);
      ready = true;
    } finally {
      notes.end(ready);
    }
  }

  async #ask(image: string, progress: PullProgress): Promise<void> {
    const { signal } = this.#closing;
    const { header, trouble } = await this.#loginFor(image, signal);
    try {
      await this.#api.pull(image, { progress, signal, login: header });
    } catch (error) {
      if (trouble === undefined || !(error instanceof EngineError) || !isRefusal(error.message)) throw error;
      throw new EngineError(error.status, `${error.message} (${trouble})`);
    }
  }

  #note(image: string, note: string): void {
    const known = this.#known.get(image);
    if (known === undefined || known.note === note) return;
    known.note = note;
    for (const tell of known.told) tell(note);
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / bytesPerMb);

/** Words of registries that do not know who asks. They say the same of an image that is nowhere, so that nobody learns which ones there are. */
const isRefusal = (reason: string): boolean =>
  /unauthorized|authentication required|denied|no basic auth|invalid username\/password|\b403 forbidden/i.test(
    reason,
  );

const another =
  "Name one that is: @container({ image: 'NAME' }), --with container:image=NAME, or the variable LEAT_CONTAINER_IMAGE. `podman images` or `docker images` lists them.";

/** Says of an image that is not here and cannot be fetched what can be done. */
export function missingImage(
  image: string,
  reason: string,
): { readonly message: string; readonly hint: string } {
  const host = image.includes('/') && /[.:]/.test(image.split('/')[0] ?? '') ? ` ${image.split('/')[0]}` : '';
  const login = isRefusal(reason)
    ? `If it is a private one, log in first: \`docker login${host}\` or \`podman login${host}\`, with the engine that runs the tasks. `
    : '';
  return {
    message: `the image '${image}' is not on this machine and cannot be fetched: ${reason}`,
    hint: `${login}${another}`,
  };
}
