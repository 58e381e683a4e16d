/** Largest encoding that stands in the manifest itself, in bytes. */
const inlineArtifactBytes: number = 8 * 1024;

/** Most bytes of encodings that one manifest holds. */
const inlineManifestBytes: number = 64 * 1024;

/** How much of a manifest is still free for small artifacts; one for each attempt. */
export class InlineBudget {
  #left: number = inlineManifestBytes;

  /** Takes room for an encoding of `size` bytes, if it is small and there is room. */
  take(size: number): boolean {
    if (size > inlineArtifactBytes || size > this.#left) return false;
    this.#left -= size;
    return true;
  }
}
