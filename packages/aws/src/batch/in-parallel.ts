/** Works through a list, so many at once; the first error ends it, when those under way have ended. */
export async function inParallel<T>(
  all: readonly T[],
  atOnce: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const queue = [...all];
  const errors: unknown[] = [];
  const workers = Array.from({ length: Math.min(atOnce, queue.length) }, async () => {
    for (let next = queue.shift(); next !== undefined && errors.length === 0; next = queue.shift())
      await work(next).catch((error: unknown) => errors.push(error));
  });
  await Promise.all(workers);
  if (errors.length > 0) throw errors[0];
}
