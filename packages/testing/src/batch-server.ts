/**
 * AWS for tests: moto with a Batch of ours (`packages/aws/test-support/batch_server.py`, which is part of this repository and not of a package), and
 * in it a queue, roles and buckets.
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { findProgram, freePort, ServerProcess } from './programs.ts';

/** How a {@link BatchServer} behaves. */
export interface BatchServerOptions {
  /** Jobs that run at once; 4 unless told. */
  readonly slots?: number;
  /** No containers: each job takes so many seconds. */
  readonly seconds?: number;
  /** Seconds between SIGTERM and SIGKILL; 30 unless told, as on AWS. */
  readonly grace?: number;
  /** Seconds that every job is told to have waited beyond those that it has: a queue that is hours long. */
  readonly waited?: number;
  /** Where containers are made; `DOCKER_HOST` unless told. */
  readonly dockerHost?: string;
  /** Whether the compute environment is one that Batch manages, on EC2; unless told, it is one that its users manage themselves. */
  readonly managed?: boolean;
}

/** What Batch's ListJobs says of a job. */
export interface ListedJob {
  readonly jobId: string;
  readonly jobName: string;
  readonly status: string;
}

/** See the file's header. */
export class BatchServer {
  readonly endpoint: string;
  /** What AWS's tools and Leat need to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** ARN of a role for tasks. */
  readonly role = 'arn:aws:iam::123456789012:role/leat-task';
  readonly #process: ServerProcess;
  readonly #control: string;

  private constructor(process: ServerProcess, port: number, control: number) {
    this.#process = process;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#control = `http://127.0.0.1:${control}`;
    this.env = {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
    };
  }

  /** Starts it with a queue `main`. */
  static async start({
    slots = 4,
    seconds,
    grace = 30,
    waited = 0,
    dockerHost,
    managed = false,
  }: BatchServerOptions = {}): Promise<BatchServer> {
    // The Python that moto is installed for.
    const bin = path.dirname(realpathSync(findProgram('moto_server', "pip install 'moto[server]>=5.2.3'")));
    const [port, control] = [await freePort(), await freePort()];
    const process = await ServerProcess.start({
      program: path.join(bin, 'python3'),
      args: [
        path.resolve(import.meta.dirname, '../../aws/test-support/batch_server.py'),
        '-H',
        '127.0.0.1',
        '-p',
        String(port),
      ],
      port,
      env: {
        MOTO_DOCKER_NETWORK_MODE: 'host',
        DEFAULT_CONTAINER_REGISTRY: 'localhost',
        S3_IGNORE_SUBDOMAIN_BUCKETNAME: 'true',
        LEAT_BATCH_SLOTS: String(slots),
        LEAT_BATCH_GRACE: String(grace),
        LEAT_BATCH_WAITED: String(waited),
        LEAT_BATCH_CONTROL: String(control),
        ...(seconds === undefined ? {} : { LEAT_BATCH_SECONDS: String(seconds) }),
        ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }),
      },
    });
    const server = new BatchServer(process, port, control);
    await server.#setUp(managed);
    return server;
  }

  /** Makes a bucket. */
  async createBucket(name: string): Promise<void> {
    const answer = await fetch(`${this.endpoint}/${name}`, { method: 'PUT' });
    if (!answer.ok) throw new Error(`no bucket ${name}: ${answer.status} ${await answer.text()}`);
  }

  /** Takes the instance of a job away, as Spot does. */
  async reclaim(job: string): Promise<void> {
    await this.#tell(`/reclaim?job=${job}`);
  }

  /** Lets the time limit of a job pass, if it has one. */
  async expire(job: string): Promise<void> {
    await this.#tell(`/expire?job=${job}`);
  }

  /** Makes Batch forget a job. */
  async lose(job: string): Promise<void> {
    await this.#tell(`/lose?job=${job}`);
  }

  /** Whether anything is started in the compute environment of the queue `main`. */
  async switchEnvironment(state: 'ENABLED' | 'DISABLED'): Promise<void> {
    const body = { computeEnvironment: 'main', state };
    await this.#call('batch', '/v1/updatecomputeenvironment', body);
  }

  /** The jobs of the queue `main` whose name begins so, whatever their state; an array is one. At most 1,000. */
  async jobs(nameBegin: string): Promise<readonly ListedJob[]> {
    const filters = [{ name: 'JOB_NAME', values: [`${nameBegin}*`] }];
    const said = await this.#call('batch', '/v1/listjobs', { jobQueue: 'main', filters, maxResults: 1000 });
    return (JSON.parse(said) as { readonly jobSummaryList: readonly ListedJob[] }).jobSummaryList;
  }

  /** How often each call of the API was made. */
  async calls(): Promise<Readonly<Record<string, number>>> {
    return (await (await fetch(`${this.#control}/calls`)).json()) as Record<string, number>;
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  async #tell(what: string): Promise<void> {
    const answer = await fetch(`${this.#control}${what}`, { method: 'POST' });
    if (!answer.ok) throw new Error(`${what}: ${answer.status}`);
  }

  async #setUp(managed: boolean): Promise<void> {
    const trust = (Service: string): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
      });
    const roles = { 'leat-task': 'ecs-tasks.amazonaws.com', 'leat-batch': 'batch.amazonaws.com' };
    for (const [RoleName, service] of Object.entries(roles)) {
      const AssumeRolePolicyDocument = trust(service);
      const form = { Action: 'CreateRole', Version: '2010-05-08', RoleName, AssumeRolePolicyDocument };
      await this.#call('iam', '/', new URLSearchParams(form));
    }
    await this.#call('batch', '/v1/createcomputeenvironment', {
      computeEnvironmentName: 'main',
      ...(managed
        ? { type: 'MANAGED', computeResources: await this.#computeResources() }
        : { type: 'UNMANAGED' }),
      state: 'ENABLED',
      serviceRole: 'arn:aws:iam::123456789012:role/leat-batch',
    });
    await this.#call('batch', '/v1/createjobqueue', {
      jobQueueName: 'main',
      state: 'ENABLED',
      priority: 1,
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'main' }],
    });
  }

  /** Instances of EC2 in the network that every account has. */
  async #computeResources(): Promise<object> {
    const instanceRole = 'leat-instance';
    const form = {
      Action: 'CreateInstanceProfile',
      Version: '2010-05-08',
      InstanceProfileName: instanceRole,
    };
    await this.#call('iam', '/', new URLSearchParams(form));
    const firstOf = async (Action: string, field: string): Promise<string> => {
      const said = await this.#call('ec2', '/', new URLSearchParams({ Action, Version: '2016-11-15' }));
      return new RegExp(`<${field}>([^<]+)`).exec(said)?.[1] ?? '';
    };
    return {
      type: 'EC2',
      minvCpus: 0,
      maxvCpus: 256,
      instanceTypes: ['optimal'],
      instanceRole,
      subnets: [await firstOf('DescribeSubnets', 'subnetId')],
      securityGroupIds: [await firstOf('DescribeSecurityGroups', 'groupId')],
    };
  }

  /** moto tells services apart by the name in the signature, which it does not check. */
  async #call(service: string, where: string, body: URLSearchParams | object): Promise<string> {
    const Authorization = `AWS4-HMAC-SHA256 Credential=test/20261127/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=none`;
    const answer = await fetch(`${this.endpoint}${where}`, {
      method: 'POST',
      headers: { Authorization },
      body: body instanceof URLSearchParams ? body : JSON.stringify(body),
    });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`${service} ${where}: ${answer.status} ${said}`);
    return said;
  }
}
