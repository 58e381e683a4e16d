/**
 * Graph + decorators + `--with` → what each step needs, resolved once before the run starts. Plain JSON data.
 */
import type { FlowGraph } from '../graph/graph.ts';

/** Where a resolved value came from, for the printed shape. */
export type ValueOrigin = 'default' | '@resources' | 'layer decorator' | '--with' | 'profile';

export interface ResolvedValue<T> {
  readonly value: T;
  readonly origin: ValueOrigin;
}

/** Cores, MB, devices, MB. */
export interface ResolvedResources {
  readonly cpu: ResolvedValue<number>;
  readonly memory: ResolvedValue<number>;
  readonly gpu: ResolvedValue<number>;
  readonly disk: ResolvedValue<number>;
}

/** All waits in seconds. `times` counts tries after the first. */
export interface RetryPolicy {
  readonly times: number;
  readonly waitSeconds: number;
  readonly backoff: 'constant' | 'exponential';
  readonly maxWaitSeconds: number;
  /** `@retry({ times: 0 })` stands there for its side effects: no second copy is started, either. */
  readonly protected?: true;
}

export interface StepPlan {
  readonly step: string;
  readonly layer: string;
  readonly layerOptions: Readonly<Record<string, unknown>>;
  /** Which of them nobody wrote here: the profile has them. */
  readonly fromProfile?: readonly string[];
  readonly resources: ResolvedResources;
  readonly retry: RetryPolicy;
  readonly timeoutSeconds?: number;
  readonly catchError?: { readonly var: string; readonly case?: string };
  readonly environment: Readonly<Record<string, string>>;
  /** `reuse`: one process runs many tasks of the step. Absent: `process`, a fresh one for each. */
  readonly isolation?: 'process' | 'reuse';
  /** Tasks of one process or job; absent with `reuse`: as many as take a few seconds. */
  readonly chunk?: number;
  /** Most tasks (chunks, where there are any) of the step at once. */
  readonly concurrency?: number;
}

export interface RunPlan {
  readonly version: 1;
  readonly flow: string;
  readonly graph: FlowGraph;
  readonly steps: Readonly<Record<string, StepPlan>>;
  /** Hash of the code package. */
  readonly package: string;
  /** sha256 of each step's source, so that `resume` can say what changed. */
  readonly stepHashes: Readonly<Record<string, string>>;
}
