import type { EventFailure, EventOutcome, RunStatus } from '../metadata/events.ts';

/** What the scheduler wants done. `run-loop.ts` performs commands; each answers with an event, sooner or later. */
export type Command =
  /** Hand this attempt to its layer. Answers: `attempt-submitted`, and later how it ended. */
  | { readonly type: 'submit'; readonly task: string; readonly attempt: number; readonly layer: string }
  /** End every attempt in flight: gently, or by force. */
  | { readonly type: 'cancel'; readonly force: boolean }
  /** Say `retry-due` at this time (milliseconds since the epoch). */
  | { readonly type: 'wake'; readonly task: string; readonly attempt: number; readonly at: number }
  /** Take the result of the origin run. Answer: `task-reused`. */
  | {
      readonly type: 'reuse';
      readonly task: string;
      readonly manifest: string;
      readonly outcome: EventOutcome;
      readonly originRun: string;
    }
  /** Commit the stand-in of `@catchError`; `attempt` was the last try. Answer: `task-caught`. */
  | {
      readonly type: 'catch';
      readonly task: string;
      readonly attempt: number;
      readonly outcome: EventOutcome;
      readonly failure: EventFailure;
    }
  /** Nothing is left to do. Answer: `run-ended`. */
  | { readonly type: 'end'; readonly status: Exclude<RunStatus, 'running'> };
