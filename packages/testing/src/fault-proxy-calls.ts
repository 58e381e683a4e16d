/** What the two sides of `fault-proxy.ts` agree on. */

/**
 * What may happen to a request. `error`: 500. `busy`: 503. `throttled`: 429. `refused`: the connection is cut, nothing is done. `lost`: it is done, and its
 * answer cut off. `torn`: the answer ends in the middle. `slow`: the answer comes late. `silent`: none ever comes, and
 * nothing is done. `held`: it is done, and its answer never comes. `expired`: 403, as S3 refuses a link that has ended.
 * Refusals are in the words of who asked: JSON, as Batch has it, for what comes as JSON, else XML, as S3 has it.
 */
export type Fault =
  | 'error'
  | 'busy'
  | 'throttled'
  | 'refused'
  | 'lost'
  | 'torn'
  | 'slow'
  | 'silent'
  | 'held'
  | 'expired';

/** How much goes wrong. */
export interface FaultOptions {
  /** `http://127.0.0.1:PORT` of the server. */
  readonly upstream: string;
  /** Of all requests, from 0 to 1; none unless told. */
  readonly share?: number;
  /** What goes wrong, each as often as the others; all but `silent`, `held` and `expired` unless told. */
  readonly faults?: readonly Fault[];
  readonly seed?: number;
  /** How long a slow answer takes, in milliseconds. */
  readonly slowMs?: number;
}

/** A request that came. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly fault: Fault | undefined;
}

/** What the thread is asked. */
export type ProxyCall =
  | { readonly ask: 'share'; readonly share: number }
  | { readonly ask: 'next'; readonly faults: readonly (Fault | undefined)[] }
  | { readonly ask: 'hold'; readonly path: string }
  | { readonly ask: 'expire'; readonly links: number }
  | { readonly ask: 'seen' }
  | { readonly ask: 'reset' };
