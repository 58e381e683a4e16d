/** Batch for one test file: podman, a server with Batch's semantics that runs jobs as its containers, and a bucket for results. */
import { BatchServer, ContainerEngine, testImage } from '@leat/testing';

export interface BatchPlace {
  readonly engine: ContainerEngine;
  readonly server: BatchServer;
  /** The image of tasks: Node and a shell. */
  readonly image: string;
  /** An empty bucket. */
  readonly bucket: string;
  /** What the command line is started with to run there: all but the datastore. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const bucket = 'runs';

/** Opens it, with four jobs at once and, after SIGTERM, three seconds until SIGKILL: a few seconds, once the image is there. */
export async function openBatch(): Promise<BatchPlace> {
  const engine = await ContainerEngine.start();
  const image = await testImage(engine, 'node');
  const server = await BatchServer.start({ slots: 4, grace: 3, dockerHost: engine.host });
  await server.createBucket(bucket);
  return {
    engine,
    server,
    image,
    bucket,
    environment: {
      ...server.env,
      LEAT_BATCH_QUEUE: 'main',
      LEAT_BATCH_IMAGE: image,
      LEAT_BATCH_JOB_ROLE: server.role,
    },
    close: async () => {
      await server.stop();
      await engine.stop();
    },
  };
}
