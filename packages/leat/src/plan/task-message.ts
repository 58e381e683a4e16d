import type { TaskChunk, TaskSpec } from './task-spec.ts';

/**
 * What the process of a task is told, as one line of JSON: over file descriptor 3 from the local layer, in a file or a variable
 * from layers that have no pipe to their tasks. Written by a compute layer, read by `task/main.ts`.
 */
export interface TaskMessage {
  readonly spec: TaskSpec;
  /** Several tasks: `spec` is the first one's. */
  readonly chunk?: TaskChunk & {
    /** A line of this and the member's number, on both output streams before each member, tells whose output follows. */
    readonly mark: string;
  };
  /** Variables of `@environment`: set before the step's code is loaded. A layer that has the flow loaded ahead starts the process with them. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the task was given, for `current`: cores, MB, devices, MB. */
  readonly resources: {
    readonly cpu: number;
    readonly memory: number;
    readonly gpu: number;
    readonly disk: number;
  };
  /** URL of the datastore. */
  readonly datastore: string;
  /** File of the datastore's driver on the task's machine, where `leat` itself cannot open it. */
  readonly driver?: string;
  /** Folder of the code package on the task's machine, where the datastore does not tell it. */
  readonly packageFolder?: string;
  /** Where the project is that the code package was built from, when the task is on that machine: see `LayerContext.sourceRoot`. */
  readonly sourceRoot?: string;
}

/** The file descriptor of the task's process that a {@link TaskMessage} arrives on. */
export const taskMessageDescriptor = 3;
