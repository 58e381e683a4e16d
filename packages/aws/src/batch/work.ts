/** What the jobs of a group are told: their work as one object of the datastore, the tools by links, and the variables that name both. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LeatError } from 'leat';
import {
  agentEnvironment,
  type AgentSetting,
  type LinkedFile,
  packTools,
  type StoredPack,
  storePack,
  type ToolFile,
  workKey,
  writeWork,
} from 'leat/agent';
import type { AttemptRequest, LayerContext, Platform } from 'leat/compute';
import type { Datastore } from 'leat/datastore';
import type { Group } from './arrays.ts';
import { linkSeconds } from './link-life.ts';

/** What the process of a task is told. */
type TaskMessage = Parameters<typeof writeWork>[2][number];

/** Nobody prints it by chance. */
const markBytes = 16;

/** Between SIGTERM and the death of a task, in seconds: Batch kills a container 30 s after it. */
const stopSeconds = 20;

/** Batch's own limit on the characters of a container's overrides. */
const overridesLimit = 8192;

/** What {@link Work} needs. */
export interface WorkFacts {
  readonly context: LayerContext;
  readonly store: Datastore;
  /** What the instances are like. */
  readonly platform: Platform;
  readonly region: string;
}

type Links = Pick<AgentSetting, 'tools' | 'node'>;

/** What links lead to. */
interface StoredTools {
  readonly tools: StoredPack;
  readonly node: Awaited<ReturnType<LayerContext['storeTools']>>['node'];
}

/** See the file's header. */
export class Work {
  readonly #context: LayerContext;
  readonly #store: Datastore;
  readonly #platform: Platform;
  readonly #region: string;
  #tools: Promise<StoredTools> | undefined;
  /** A job could not get them. */
  #isMissed = false;
  #package: Promise<unknown> | undefined;

  constructor({ context, store, platform, region }: WorkFacts) {
    this.#context = context;
    this.#store = store;
    this.#platform = platform;
    this.#region = region;
  }

  /** Begins to store what the jobs of every group need. */
  prepare(): void {
    for (const begun of [this.#storedTools(), this.#storePackage()]) begun.catch(() => undefined);
  }

  /**
   * Stores all that the jobs of a group need; returns the variables that they get, which are as long for one job as for 10,000.
   *
   * @throws LeatError STORE_UNAVAILABLE; LAYER_REFUSED when the package cannot run elsewhere
   */
  async store({ name, requests }: Group): Promise<Readonly<Record<string, string>>> {
    const [first] = requests;
    if (first === undefined) return {};
    const key = workKey(first.spec, name);
    const messages = requests.map((request) => messageOf(request, this.#context.datastore));
    const [tools] = await Promise.all([
      this.#storedTools(),
      this.#storePackage(),
      writeWork(this.#store, key, messages),
    ]);
    const links = await this.#linksTo(tools);
    const environment = agentEnvironment({
      datastore: this.#context.datastore,
      work: key,
      tryVariable: 'AWS_BATCH_JOB_ATTEMPT',
      stopSeconds,
      ...(requests.length > 1 ? { index: 'AWS_BATCH_JOB_ARRAY_INDEX' } : {}),
      ...links,
    });
    return requireShort({ ...environment, AWS_REGION: this.#region, ...endpoints(process.env) });
  }

  /** Some job could not get the tools: whether they are still there is seen when the next group is sent. */
  forgetTools(): void {
    this.#tools = undefined;
    this.#isMissed = true;
  }

  async #storePackage(): Promise<void> {
    this.#package ??= this.#context.storePackage(this.#platform);
    try {
      await this.#package;
    } catch (error) {
      this.#package = undefined;
      throw error;
    }
  }

  async #storedTools(): Promise<StoredTools> {
    this.#tools ??= this.#storeTools();
    try {
      return await this.#tools;
    } catch (error) {
      this.#tools = undefined;
      throw error;
    }
  }

  async #storeTools(): Promise<StoredTools> {
    const { driver, ...named } = this.#context.tools;
    const files = { ...named, ...(driver === undefined ? {} : { driver }) };
    const contents = Object.entries(files).map(async ([name, path]): Promise<ToolFile> => ({
      name: `${name}.cjs`,
      bytes: await readFile(path),
    }));
    const tools = await storePack(this.#store, packTools(await Promise.all(contents)));
    const { node } = await this.#context.storeTools({ node: this.#platform, again: this.#isMissed });
    return { tools, node };
  }

  /** Signed now: a link that was kept might end with credentials that have been renewed meanwhile. */
  async #linksTo({ tools, node }: StoredTools): Promise<Links> {
    const linked = await this.#linkTo(tools.key, tools.sha256);
    if (node === undefined) return { tools: linked };
    const { platform, libatomic } = node;
    return {
      tools: linked,
      node: { ...(await this.#linkTo(node.key, node.sha256)), platform, libatomic },
    };
  }

  async #linkTo(key: string, sha256: string): Promise<LinkedFile> {
    const url = await this.#store.link?.(key, linkSeconds);
    if (url !== undefined) return { url, sha256 };
    throw new LeatError('LAYER_REFUSED', `tasks on Batch cannot fetch anything from '${this.#store.url}'`, {
      hint: 'Keep the results in S3: --datastore s3://BUCKET/PREFIX, or once for all: leat configure aws',
    });
  }
}

function messageOf(
  { spec: bare, timeoutSeconds, chunk, environment, resources }: AttemptRequest,
  datastore: string,
): TaskMessage {
  // The agent goes by what the message says.
  const spec = timeoutSeconds === undefined ? bare : { ...bare, timeoutSeconds };
  const { cpu, memory, gpu, disk } = resources;
  const given = { cpu: cpu.value, memory: memory.value, gpu: gpu.value, disk: disk.value };
  const message: TaskMessage = { spec, environment, resources: given, datastore };
  if (chunk === undefined) return message;
  return { ...message, chunk: { ...chunk, mark: randomBytes(markBytes).toString('hex') } };
}

/** Where the datastore is, when it is not where AWS has it. Credentials are the job role's: none are ever sent. */
function endpoints(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const names = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'];
  const found = names.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

function requireShort(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const length = JSON.stringify({
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
  }).length;
  if (length <= overridesLimit) return environment;
  throw new LeatError(
    'LAYER_REFUSED',
    `what each job is told takes ${length} characters, and Batch takes ${overridesLimit}`,
    {
      hint: "Most of it are links that are signed with this machine's credentials: use others, such as those of a role.",
    },
  );
}
