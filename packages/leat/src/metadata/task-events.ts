/** Events of tasks, by what they are about. */
import type { RunEvent } from './events.ts';

/** An event about one task. */
export type TaskEvent = Extract<RunEvent, { readonly task: string }>;

/** An event about one attempt of a task. */
export type AttemptEvent = Extract<TaskEvent, { readonly attempt: number }>;

/** What a chunk's event says of one member; those that are no events of an attempt are never in a log. */
export type MemberEvent = AttemptEvent | TurnEvent;

/** Whether the member's turn came. */
export type TurnEvent =
  /** The member's process has begun; when its own turn came is told when it has ended. */
  | {
      readonly type: 'member-started';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
    }
  /** Its turn never came: it will be submitted again under the same number. */
  | {
      readonly type: 'member-returned';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
    };

/** The event of a type. */
export type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;
