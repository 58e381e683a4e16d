import type {
  EventFailure,
  EventOutcome,
  PlainOutcome,
  ReusedResults,
  RunStatus,
  TaskGroup,
} from '../metadata/events.ts';

/** What the scheduler wants done. `run-loop.ts` performs commands; each answers with an event, sooner or later. */
export type Command =
  /** Hand this attempt to its layer. Answers: `attempt-submitted`, and later how it ended. */
  | { readonly type: 'submit'; readonly task: string; readonly attempt: number; readonly layer: string }
  /** Hand these attempts to their layer as one job, to be worked through in this order. Answers: `chunk-submitted`, and later how they and it ended. */
  | {
      readonly type: 'submit-chunk';
      readonly group: TaskGroup;
      /** In the order of work: pairs `from, to` (exclusive). */
      readonly places: readonly number[];
      readonly attempt: number;
      readonly layer: string;
      /** Which chunk of the run it is: the same members may be handed over again, and that is another job. */
      readonly number: number;
    }
  /** End one attempt in flight, gently: a copy of it was faster. Answer: how it ended. */
  | {
      readonly type: 'cancel-attempt';
      readonly task: string;
      readonly attempt: number;
      readonly layer: string;
    }
  /** End every attempt in flight: gently, or by force. */
  | { readonly type: 'cancel'; readonly force: boolean }
  /** Say `retry-due` at this time (milliseconds since the epoch). */
  | { readonly type: 'wake'; readonly task: string; readonly attempt: number; readonly at: number }
  /** Say `straggler-due` at this time, if the attempt is still in flight. */
  | { readonly type: 'watch'; readonly task: string; readonly attempt: number; readonly at: number }
  /** Take the result of the origin run. Answer: `task-reused`. */
  | {
      readonly type: 'reuse';
      readonly task: string;
      readonly manifest: string;
      readonly outcome: EventOutcome;
      readonly originRun: string;
    }
  /** Take the results of neighbouring items. Answer: `tasks-reused`. */
  | {
      readonly type: 'reuse-items';
      readonly group: TaskGroup;
      /** Places, `to` exclusive. */
      readonly from: number;
      readonly to: number;
      readonly outcome: PlainOutcome;
      readonly originRun: string;
      readonly results: ReusedResults;
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
