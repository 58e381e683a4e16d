/**
 * The same flow in Leat and in Metaflow, whole runs of their commands with `--with batch`: all steps are jobs, the jobs are real containers, and
 * artifacts are in S3. Batch and S3 are the stand-in of the tests.
 */
import { BatchServer, ContainerEngine, testImage } from '@leat/testing';
import { flowFile, runLeat } from '../harness/leat.ts';
import { runMetaflow } from '../harness/metaflow.ts';
import type { Settings } from '../harness/settings.ts';
import { counting, type Counted } from './counted.ts';
import { metaflowImage } from './metaflow-image.ts';

/** Jobs that run at once: as many as Metaflow has in flight unless told, so that none of its jobs waits for a place. */
const slots = 16;

/** The steps of the flow beside those of the foreach: `start`, the join, `end`. */
export const otherTasks = 3;

/** Seconds for one run. */
const limit = 3600;

const bucket = 'bench';

/** What one run of a command cost. */
export interface WholeRun extends Counted {
  readonly system: 'Leat' | 'Metaflow';
  /** Width of the foreach. */
  readonly items: number;
}

interface Side {
  readonly system: WholeRun['system'];
  /** Runs the flow, and returns what it printed. */
  readonly run: (items: number) => string;
}

/** Both sides take turns at each size, smallest first. */
export async function wholeRuns(settings: Settings): Promise<readonly WholeRun[]> {
  const engine = await ContainerEngine.start();
  try {
    const server = await BatchServer.start({ slots, managed: true, dockerHost: engine.host });
    try {
      await server.createBucket(bucket);
      return await measured(server, await sidesOf(engine, server, settings), settings);
    } finally {
      await server.stop();
    }
  } finally {
    await engine.stop();
  }
}

async function measured(
  server: BatchServer,
  sides: readonly Side[],
  { batchSizes, say }: Settings,
): Promise<readonly WholeRun[]> {
  const runs: WholeRun[] = [];
  for (const items of batchSizes)
    for (const { system, run } of sides) {
      say(`batch-calls: ${system}, a foreach of ${items} in containers`);
      const counted = await counting(server, () => {
        const output = run(items);
        const last = `total ${((items - 1) * items * (2 * items - 1)) / 6}`;
        if (!output.includes(last))
          throw new Error(`${system} did not print "${last}":\n${output.slice(-2000)}`);
      });
      runs.push({ system, items, ...counted });
    }
  return runs;
}

async function sidesOf(
  engine: ContainerEngine,
  server: BatchServer,
  { folder, metaflowItems, say }: Settings,
): Promise<readonly Side[]> {
  const leatEnvironment = {
    ...server.env,
    LEAT_BATCH_QUEUE: 'main',
    LEAT_BATCH_IMAGE: await testImage(engine, 'node'),
    LEAT_BATCH_JOB_ROLE: server.role,
    LEAT_DATASTORE: `s3://${bucket}/leat`,
  };
  const leat: Side = {
    system: 'Leat',
    run: (items) => {
      const argv = ['run', flowFile('foreach'), '--items', String(items), '--with', 'batch'];
      return runLeat({ argv, inside: folder, environment: leatEnvironment, limit }).output;
    },
  };
  if (metaflowItems === 0) return [leat];
  const metaflowEnvironment = {
    ...server.env,
    AWS_DEFAULT_REGION: 'us-east-1',
    METAFLOW_DEFAULT_DATASTORE: 's3',
    METAFLOW_DATASTORE_SYSROOT_S3: `s3://${bucket}/metaflow`,
    METAFLOW_S3_ENDPOINT_URL: server.endpoint,
    METAFLOW_BATCH_JOB_QUEUE: 'main',
    METAFLOW_BATCH_CONTAINER_IMAGE: await metaflowImage(engine, say),
    METAFLOW_ECS_S3_ACCESS_IAM_ROLE: server.role,
  };
  const metaflow: Side = {
    system: 'Metaflow',
    run: (items) => {
      const size = ['--items', String(items), '--max-num-splits', String(items)];
      const argv = ['run', '--with', 'batch', '--max-workers', String(slots), ...size];
      return runMetaflow({ flow: 'foreach', argv, inside: folder, environment: metaflowEnvironment, limit })
        .output;
    },
  };
  return [leat, metaflow];
}
