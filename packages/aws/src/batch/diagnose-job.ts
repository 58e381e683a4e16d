/**
 * Why a job waits or died: collects what may be known about it and its surroundings, and judges. Whatever may not be asked, or does not
 * answer, is left out and named; an answer takes a few seconds at most.
 */
import type { Diagnosis, JobId } from 'leat/compute';
import { diagnose } from '../diagnose/diagnose.ts';
import type { BatchFacts, EnvironmentFacts, QueueFacts, RoleFacts, UnreadFact } from '../diagnose/facts.ts';
import type { BatchApi, ComputeEnvironmentDetail, JobDetail } from './api.ts';
import type { AwsCalls } from './aws-calls.ts';
import { messageOf } from './aws-errors.ts';
import { openSurroundings } from './collect/api.ts';
import { defined, environmentFacts } from './collect/environment-facts.ts';
import { instanceShapes } from './collect/instance-shapes.ts';
import { instancesOf, scalingOf } from './collect/instances.ts';
import { jobFacts, otherJob } from './collect/job-facts.ts';
import { type NetworkFacts, networkOf } from './collect/network.ts';
import { quotaService, quotasOf, usedVcpus } from './collect/quotas.ts';
import { roleFacts } from './collect/roles.ts';
import { type KnownQueue, Queues } from './queues.ts';

/** All questions together, in milliseconds: less than the engine waits for a diagnosis. */
const patienceMs = 12_000;

/** What is asked. */
export interface DiagnosisFacts {
  readonly api: BatchApi;
  readonly calls: AwsCalls;
  readonly region: string;
}

/** See the file's header. */
export async function diagnoseJob(job: JobId, facts: DiagnosisFacts): Promise<Diagnosis> {
  return diagnose(await collectFacts(job, facts));
}

/** What is known about a job now: plain data, which can be kept and judged again. */
async function collectFacts(job: JobId, facts: DiagnosisFacts): Promise<BatchFacts> {
  const collector = new FactCollector(facts);
  try {
    return await collector.collect(job);
  } finally {
    collector.close();
  }
}

class FactCollector {
  readonly #facts: DiagnosisFacts;
  readonly #surroundings = openSurroundings();
  readonly #signal = AbortSignal.timeout(patienceMs);
  readonly #unread: UnreadFact[] = [];
  readonly #asked = new Map<string, Promise<unknown>>();

  constructor(facts: DiagnosisFacts) {
    this.#facts = facts;
  }

  async collect(id: JobId): Promise<BatchFacts> {
    const { region } = this.#facts;
    const [detail] = (await this.#read('the job', async () => this.#describe([id]))) ?? [];
    const base = { collectedAt: Date.now(), region };
    if (detail === undefined) return { ...base, unread: this.#unread };
    const job = jobFacts(detail);
    // What has ended says by itself why; what runs needs no reason.
    if (['RUNNING', 'SUCCEEDED', 'FAILED'].includes(job.state)) return { ...base, job, unread: this.#unread };
    const known = await this.#read('its queue', async () => this.#queue(detail.jobQueue ?? ''));
    const [queue, environments, roles] = await Promise.all([
      known === undefined ? undefined : this.#queueFacts(known, id),
      Promise.all((known?.environments ?? []).map(async (each) => this.#environment(each))),
      this.#roles([job.jobRole, job.executionRole]),
    ]);
    return {
      ...base,
      job,
      ...(queue === undefined ? {} : { queue }),
      ...(known === undefined ? {} : { environments }),
      roles,
      unread: this.#unread,
    };
  }

  close(): void {
    this.#surroundings.close();
  }

  async #describe(ids: readonly string[]): Promise<readonly JobDetail[]> {
    const { api, calls } = this.#facts;
    return calls.call({ what: 'DescribeJobs', signal: this.#signal }, async (signal) =>
      api.describeJobs(ids, signal),
    );
  }

  async #queue(name: string): Promise<KnownQueue> {
    const { api, calls } = this.#facts;
    return new Queues(api, calls).get(name);
  }

  async #queueFacts({ name, queue }: KnownQueue, job: JobId): Promise<QueueFacts> {
    const shown = queue?.jobQueueName ?? name;
    const order = await this.#read(`the order of the queue '${shown}'`, async () =>
      this.#facts.calls.call({ what: 'GetJobQueueSnapshot', signal: this.#signal }, async (signal) =>
        this.#facts.api.queueOrder(shown, signal),
      ),
    );
    return {
      name: shown,
      ...defined({
        state: queue?.state,
        status: queue?.status,
        statusReason: queue?.statusReason,
        priority: queue?.priority,
        head: await this.#head(order),
        ahead: placeIn(order, job),
      }),
      fairShare: hasPolicy(queue),
    };
  }

  async #head(order: readonly string[] | undefined): Promise<QueueFacts['head']> {
    const [first] = order ?? [];
    if (first === undefined) return order === undefined ? undefined : 'none';
    const found = await this.#read('the head of the queue', async () => this.#describe([first]));
    const [head] = found ?? [];
    return head === undefined ? undefined : otherJob(head);
  }

  async #environment(detail: ComputeEnvironmentDetail): Promise<EnvironmentFacts> {
    const facts = environmentFacts(detail);
    const [shapes, quotas, network, machines] = await Promise.all([
      this.#shapes(facts),
      this.#quotas(facts),
      this.#network(facts.name, detail),
      facts.kind?.startsWith('FARGATE') === true
        ? undefined
        : this.#machines(facts.name, detail.ecsClusterArn),
    ]);
    return { ...facts, ...network, ...machines, ...defined({ shapes, quotas }) };
  }

  async #shapes({ name, instanceTypes }: EnvironmentFacts): Promise<EnvironmentFacts['shapes']> {
    if (instanceTypes === undefined) return undefined;
    return this.#read(`instance types of ${name}`, async () =>
      instanceShapes(this.#surroundings, instanceTypes, this.#signal),
    );
  }

  async #quotas(environment: EnvironmentFacts): Promise<EnvironmentFacts['quotas']> {
    const service = quotaService(environment);
    if (service === undefined) return [];
    const [listed, used] = await Promise.all([
      this.#once(`the quotas of ${service}`, async () => this.#surroundings.quotas(service, this.#signal)),
      service === 'fargate'
        ? undefined
        : this.#once('what runs in the account', async () => usedVcpus(this.#surroundings, this.#signal)),
    ]);
    return listed === undefined ? undefined : quotasOf(environment, listed, used);
  }

  async #network(
    name: string,
    { computeResources }: ComputeEnvironmentDetail,
  ): Promise<NetworkFacts | undefined> {
    const { subnets = [], securityGroupIds: securityGroups = [] } = computeResources ?? {};
    if (subnets.length === 0) return undefined;
    return this.#read(`the network of ${name}`, async () =>
      networkOf(this.#surroundings, { subnets, securityGroups }, this.#signal),
    );
  }

  async #machines(
    name: string,
    cluster: string | undefined,
  ): Promise<Pick<EnvironmentFacts, 'activities' | 'suspended' | 'instances'>> {
    const scaling = await this.#read(`auto-scaling activities of ${name}`, async () =>
      scalingOf(this.#surroundings, name, this.#signal),
    );
    const { groups = [], activities, suspended } = scaling ?? {};
    const instances = await this.#read(`instances of ${name}`, async () =>
      instancesOf(this.#surroundings, { cluster, groups }, this.#signal),
    );
    return defined({ activities, suspended, instances });
  }

  async #roles(arns: readonly (string | undefined)[]): Promise<Readonly<Record<string, RoleFacts>>> {
    const known = arns.filter((arn) => arn !== undefined);
    const found = await Promise.all(
      known.map(async (arn) => {
        const role = await this.#read(`the role ${arn}`, async () =>
          roleFacts(this.#surroundings, arn, this.#signal),
        );
        return role === undefined ? [] : [[arn, role] as const];
      }),
    );
    return Object.fromEntries(found.flat());
  }

  /** What several environments ask is asked, and missing, once. */
  async #once<T>(what: string, ask: () => Promise<T>): Promise<T | undefined> {
    const asked = (this.#asked.get(what) as Promise<T | undefined> | undefined) ?? this.#read(what, ask);
    this.#asked.set(what, asked);
    return asked;
  }

  async #read<T>(what: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.#unread.push({ what, why: messageOf(error) });
      return undefined;
    }
  }
}

const hasPolicy = (queue: KnownQueue['queue']): boolean =>
  queue?.schedulingPolicyArn !== undefined && queue.schedulingPolicyArn !== '';

/** How many jobs come before this one; `undefined`: it is not among those that were told. */
function placeIn(order: readonly string[] | undefined, job: JobId): number | undefined {
  const place = order?.findIndex((each) => each === job || each === job.split(':')[0]) ?? -1;
  return place < 0 ? undefined : place;
}
