import { opendir, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Compiled code is made anew after this; what is older may belong to a flow or to a version that is gone. In milliseconds. */
const lastsMs = 30 * 24 * 60 * 60 * 1000;

/** A draft that is older has no writer any more: that one was killed. In milliseconds. */
const draftLastsMs = 60 * 1000;

/** Looking through all of it is not for every run. In milliseconds. */
const pauseMs = 24 * 60 * 60 * 1000;

const marker = 'swept';

const ageOf = async (file: string, now: number): Promise<number> =>
  stat(file).then(
    // A clock that stood ahead once must not keep it for as long as that.
    ({ mtimeMs }) => Math.abs(now - mtimeMs),
    () => Infinity,
  );

/**
 * Keeps the folder of compiled code from growing for ever: each version of a flow that has run, and each version of Leat, leaves some. Once a day what is
 * older than a month is removed, in Node's own folders there too. Never throws.
 *
 * @param closed ends it at once
 * @param now milliseconds since 1970
 */
export async function sweepCompileCache(
  folder: string,
  closed?: AbortSignal,
  now: number = Date.now(),
): Promise<void> {
  const swept = path.join(folder, marker);
  if ((await ageOf(swept, now)) < pauseMs) return;
  try {
    await writeFile(swept, '', { mode: 0o600 });
    for await (const entry of await opendir(folder, { recursive: true })) {
      if (closed?.aborted === true) return;
      const file = path.join(entry.parentPath, entry.name);
      const lasts = entry.name.endsWith('.draft') ? draftLastsMs : lastsMs;
      // Another engine may sweep at the same time.
      if (entry.isFile() && (await ageOf(file, now)) > lasts) await unlink(file).catch(() => undefined);
    }
  } catch {
    // No folder yet, or none that we may read: nothing to sweep.
  }
}
