/**
 * What an agent and its bootstrap are told: variables of the container, the same for all jobs of an array, so that nothing in them grows
 * with the fan-out. Written by a layer, read by the agent. Pure.
 */
import { LeatError } from '../errors/index.ts';

/** An object that a container fetches before it has a datastore's driver. */
export interface LinkedFile {
  /** A link that needs no credentials: a presigned URL. It must hold until the job starts. */
  readonly url: string;
  /** Of the object's bytes, in hex. */
  readonly sha256: string;
}

/** The object of a Node binary, as `LayerContext.storeTools` stores it: compressed with gzip. */
export interface LinkedNode extends LinkedFile {
  /** What it runs on, with glibc: `linux-x64`. */
  readonly platform: string;
  /** Bytes of libatomic.so.1 behind it: `StoredNode.libatomic`. */
  readonly libatomic?: number | undefined;
}

/** What an agent is told. */
export interface AgentSetting {
  /** URL of the datastore, as the machine of the job reaches it. */
  readonly datastore: string;
  /** Key of the work object. */
  readonly work: string;
  /** The job's number in the work object, or the name of the variable in which the platform tells it: `AWS_BATCH_JOB_ARRAY_INDEX`. 0 unless told. */
  readonly index?: number | string;
  /** Added to the number: where the messages of this array begin. 0 unless told. */
  readonly first?: number;
  /** The name of the variable in which the platform tells which of its own tries this is: `AWS_BATCH_JOB_ATTEMPT`. Ends up as `EndRecord.try`. */
  readonly tryVariable?: string;
  /** Seconds between SIGTERM, which is passed on to the task, and its death: 20 unless told. Less than what the platform allows, since the rest of the output is stored after it. */
  readonly stopSeconds?: number;
  /** For {@link bootstrapCommand}: the tools as one file (`packTools`). */
  readonly tools?: LinkedFile;
  /** For {@link bootstrapCommand}: a Node for images without one. */
  readonly node?: LinkedNode;
}

/** Variables that hold links: the task's process does not get them. */
export const linkVariables: readonly string[] = ['LEAT_TOOLS', 'LEAT_NODE'];

const defaultStopSeconds = 20;

/**
 * The variables of a container that runs {@link bootstrapCommand}, or `agent.cjs` under its own Node.
 *
 * @example
 *     const environment = agentEnvironment({
 *       datastore: context.datastore,
 *       work: key,
 *       index: 'AWS_BATCH_JOB_ARRAY_INDEX',
 *       tools: { url, sha256 },
 *     });
 */
export function agentEnvironment(setting: AgentSetting): Readonly<Record<string, string>> {
  const { datastore, work, index, first, tryVariable, stopSeconds, tools, node } = setting;
  const told: Readonly<Record<string, string | number | undefined>> = {
    LEAT_DATASTORE: datastore,
    LEAT_WORK: work,
    LEAT_WORK_INDEX: index,
    LEAT_WORK_FIRST: first,
    LEAT_TRY_VARIABLE: tryVariable,
    LEAT_STOP_SECONDS: stopSeconds,
    LEAT_TOOLS: tools?.url,
    LEAT_TOOLS_SHA256: tools?.sha256,
    LEAT_NODE: node?.url,
    LEAT_NODE_SHA256: node?.sha256,
    LEAT_NODE_PLATFORM: node?.platform,
    LEAT_NODE_LIBATOMIC: node?.libatomic,
  };
  return Object.fromEntries(
    Object.entries(told).flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`]])),
  );
}

/** What an agent has been told. */
export interface AgentOrders {
  readonly datastore: string;
  readonly work: string;
  readonly index: number;
  readonly try?: string;
  readonly stopSeconds: number;
}

/** The inverse of {@link agentEnvironment}, on the job's machine. @throws LeatError OPTION_INVALID naming the variable. */
export function readAgentEnvironment(env: Readonly<Record<string, string | undefined>>): AgentOrders {
  const needed = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '') throw invalid(name, 'is missing');
    return value;
  };
  const whole = (name: string, otherwise: number): number => {
    const value = env[name];
    if (value === undefined) return otherwise;
    if (!/^\d{1,15}$/.test(value)) throw invalid(name, `must be a whole number; it is '${value}'`);
    return Number(value);
  };
  const from = env['LEAT_WORK_INDEX'] ?? '0';
  const index = /^\d+$/.test(from) ? whole('LEAT_WORK_INDEX', 0) : (needed(from), whole(from, 0));
  const tryVariable = env['LEAT_TRY_VARIABLE'];
  const which = tryVariable === undefined ? undefined : env[tryVariable];
  return {
    datastore: needed('LEAT_DATASTORE'),
    work: needed('LEAT_WORK'),
    index: whole('LEAT_WORK_FIRST', 0) + index,
    ...(which === undefined ? {} : { try: which }),
    stopSeconds: whole('LEAT_STOP_SECONDS', defaultStopSeconds),
  };
}

const invalid = (name: string, what: string): LeatError =>
  new LeatError('OPTION_INVALID', `the variable ${name} of the job ${what}`, {
    hint: 'The compute layer sets it: its job was changed, or it was started by hand.',
  });
