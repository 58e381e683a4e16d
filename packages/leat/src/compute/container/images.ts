/** Images as the tasks of a run need them: there, or fetched once, with progress. */
import type { EngineApi } from './api.ts';

/** What became of an image. */
export type ImageState = { readonly ready: true } | { readonly ready: false; readonly reason: string };

interface Known {
  readonly state: Promise<ImageState>;
  note: string;
  readonly told: Set<(note: string) => void>;
}

const bytesPerMb = 1024 * 1024;

export class Images {
  readonly #api: EngineApi;
  readonly #known = new Map<string, Known>();

  constructor(api: EngineApi) {
    this.#api = api;
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
      if (await this.#api.hasImage(image)) return { ready: true };
      this.#tell(image, `fetching ${image}`);
      await this.#api.pull(image, (done, total) => {
        const size = total > 0 ? `: ${megabytes(done)} of ${megabytes(total)} MB` : '';
        this.#tell(image, `fetching ${image}${size}`);
      });
      return { ready: true };
    } catch (error) {
      return { ready: false, reason: (error as Error).message };
    }
  }

  #tell(image: string, note: string): void {
    const known = this.#known.get(image);
    if (known === undefined || known.note === note) return;
    known.note = note;
    for (const tell of known.told) tell(note);
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / bytesPerMb);

/** Says of an image that is not here and cannot be fetched what can be done. */
export function missingImage(
  image: string,
  reason: string,
): { readonly message: string; readonly hint: string } {
  return {
    message: `the image '${image}' is not on this machine and cannot be fetched: ${reason}`,
    hint: "Name one that is: @container({ image: 'NAME' }), --with container:image=NAME, or the variable LEAT_CONTAINER_IMAGE. `podman images` or `docker images` lists them.",
  };
}
