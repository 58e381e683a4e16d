import type { Origin, OriginResult } from './origin.ts';
import { addressInGroup } from './chunk-spec-of.ts';

/** An origin run that tells of each task alone: its items are reused one by one. */
export function originByTask(
  run: string,
  result: (task: string) => OriginResult | undefined,
  fresh: readonly string[] = [],
): Origin {
  return {
    run,
    fresh,
    result,
    span: (group, from) => {
      const decided = result(addressInGroup(group, from));
      return { to: from + 1, ...(decided === undefined ? {} : { decided }) };
    },
    results: () => undefined,
  };
}
