/** Between two tries of what has to work with an engine that is busy or away, in milliseconds: from the first to the longest. */
const firstMs = 250;
const longestMs = 30_000;

/** 7 minutes in all. */
const usualTries = 20;

/** How long to wait after each try, in milliseconds, with jitter; ends after so many tries. */
export function* waits(tries: number = usualTries): Generator<number, void, undefined> {
  let ms = firstMs;
  for (let tried = 0; tried < tries; tried += 1) {
    yield ms * (0.75 + Math.random() / 4);
    ms = Math.min(longestMs, ms * 2);
  }
}
