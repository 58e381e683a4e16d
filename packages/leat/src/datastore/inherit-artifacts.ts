import type { ArtifactRef, AttemptManifest } from './manifest.ts';

/**
 * The artifacts of a task as the next one refers to them when it leaves them untouched: what stands inline in the
 * manifest is named by that manifest, all else stays as it is. So a reference never has more than one hop, and passing
 * an artifact on through a thousand steps stores and reads nothing. A failed attempt has none.
 *
 * @param manifestKey the key that `manifest` was read from
 */
export function inheritArtifacts(
  manifestKey: string,
  manifest: AttemptManifest,
): Readonly<Record<string, ArtifactRef>> {
  if (manifest.status !== 'succeeded') return {};
  const inherited: Record<string, ArtifactRef> = {};
  for (const [name, ref] of Object.entries(manifest.artifacts))
    inherited[name] = inheritArtifact(manifestKey, name, ref);
  return inherited;
}

/** {@link inheritArtifacts} for one of them. */
export function inheritArtifact(manifestKey: string, name: string, ref: ArtifactRef): ArtifactRef {
  if (ref.stored !== 'inline') return ref;
  const { data: _inThatManifest, ...facts } = ref;
  return { ...facts, stored: 'manifest', manifest: manifestKey, name };
}
