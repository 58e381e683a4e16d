import type { RunEvent } from '../metadata/events.ts';
import type { RunSummary } from './summary.ts';
import type { LongWait } from './jobs/wait-watch.ts';

/** A line that a task printed. */
export interface TaskLine {
  /** Address within the run, `train[3]`. */
  readonly task: string;
  readonly attempt: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the line break. */
  readonly text: string;
}

/**
 * Someone who watches a run: the live view, telemetry. Told after the fact, in order; what an observer throws is dropped, and
 * the run waits for none.
 */
export interface RunObserver {
  /** Events were logged; the summary is the state after all of them. */
  applied?(events: readonly RunEvent[], summary: RunSummary): void;
  line?(line: TaskLine): void;
  /** Something is not as it should be, and the run goes on. */
  warning?(message: string): void;
  /** Something takes long, such as the fetching of an image; it may come before there is a run. */
  note?(message: string): void;
  /** A task has waited for long, and its layer says why. Told once for each cause. */
  waits?(wait: LongWait): void;
}

/** All observers as one that never throws. */
export function observeAll(observers: readonly RunObserver[]): Required<RunObserver> {
  const tell = (call: (observer: RunObserver) => void): void => {
    for (const observer of observers) {
      try {
        call(observer);
      } catch {
        // An observer's trouble is its own: the run does not depend on being watched.
      }
    }
  };
  return {
    applied: (events, summary) => {
      tell((observer) => observer.applied?.(events, summary));
    },
    line: (line) => {
      tell((observer) => observer.line?.(line));
    },
    warning: (message) => {
      tell((observer) => observer.warning?.(message));
    },
    note: (message) => {
      tell((observer) => observer.note?.(message));
    },
    waits: (wait) => {
      tell((observer) => observer.waits?.(wait));
    },
  };
}
