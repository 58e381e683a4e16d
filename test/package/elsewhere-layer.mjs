// A compute layer whose tasks run as on another machine: from copies of the tools and of the package in a folder that has nothing else,
// with an environment that says nothing. The folder is told by LEAT_TEST_ELSEWHERE, the platform by LEAT_TEST_PLATFORM.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const elsewhere = process.env.LEAT_TEST_ELSEWHERE;
const platform = process.env.LEAT_TEST_PLATFORM ?? `linux-${process.arch}`;

function runElsewhere(context, copy, { token, resources, spec }) {
  const folder = path.join(elsewhere, token);
  const startedAt = Date.now();
  mkdirSync(path.join(folder, 'tools'), { recursive: true });
  cpSync(copy, path.join(folder, 'package'), { recursive: true });
  for (const name of ['runner', 'program'])
    cpSync(context.tools[name], path.join(folder, 'tools', `${name}.cjs`));
  const given = { cpu: resources.cpu.value, memory: resources.memory.value, gpu: 0, disk: 0 };
  const message = { spec, environment: {}, resources: given, datastore: context.datastore };
  writeFileSync(path.join(folder, 'message'), `${JSON.stringify(message)}\n`);
  const { status } = spawnSync(
    process.execPath,
    [path.join(folder, 'tools/runner.cjs'), path.join(folder, 'package')],
    {
      cwd: folder,
      env: { HOME: folder },
      stdio: ['ignore', 'inherit', 'inherit', openSync(path.join(folder, 'message'), 'r')],
    },
  );
  const times = { startedAt, endedAt: Date.now() };
  if (status === 0) return { state: 'succeeded', ...times };
  return { state: 'failed', reason: 'exit', message: 'it failed', exitCode: status ?? -1, ...times };
}

class ElsewhereLayer {
  name = 'elsewhere';
  contract = 1;
  capabilities = {
    arrays: 0,
    gang: false,
    gpu: false,
    isolation: 'machine',
    datastores: ['file'],
    window: 2,
  };
  #context;
  #jobs = new Map();

  constructor(context) {
    this.#context = context;
  }

  async check() {
    return [];
  }

  async submit(batch) {
    const copy = await this.#context.packageCopy(platform);
    await this.#context.storePackage(platform);
    for (const request of batch) this.#jobs.set(request.token, runElsewhere(this.#context, copy, request));
    return batch.map(({ token }) => ({ token, job: token }));
  }

  async poll(jobs) {
    return new Map(jobs.flatMap((job) => (this.#jobs.has(job) ? [[job, this.#jobs.get(job)]] : [])));
  }

  async find() {
    return new Map();
  }

  async cancel() {}

  async *logs() {}

  async diagnose() {
    return { cause: 'unknown' };
  }

  async close() {}
}

export const computeLayer = {
  name: 'elsewhere',
  contract: 1,
  parseOptions: (options) => options,
  open: async (context) => new ElsewhereLayer(context),
};
