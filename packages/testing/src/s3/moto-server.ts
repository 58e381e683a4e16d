import { realpathSync } from 'node:fs';
import path from 'node:path';
import { findProgram, freePort, ServerProcess } from '../programs.ts';

/** How to start a {@link MotoServer}. */
export interface MotoOptions {
  /** Variables of the server's process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** moto looks whether an object is there, and writes it later: of many writes with `If-None-Match` in the same moment two may be taken. Here one object is written at a time. */
const launcher = `
import sys, threading
from moto.s3.responses import S3Response
from moto.server import main

lock = threading.Lock()
put = S3Response._key_response_put

def put_alone(self, *args):
    with lock:
        return put(self, *args)

S3Response._key_response_put = put_alone
main(sys.argv[1:])
`;

/**
 * moto, a stand-in for AWS in memory: S3 with conditional writes, IAM, Batch and most others. It takes any credentials and checks no
 * signature.
 *
 * @example
 *     const server = await MotoServer.start();
 *     Object.assign(process.env, server.env);
 *     await server.stop();
 */
export class MotoServer {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** What AWS's tools and Leat need to find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly #process: ServerProcess;

  private constructor(process: ServerProcess, port: number) {
    this.#process = process;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.env = {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
    };
  }

  static async start({ env = {} }: MotoOptions = {}): Promise<MotoServer> {
    // The Python that moto is installed for.
    const bin = path.dirname(realpathSync(findProgram('moto_server', "pip install 'moto[server]>=5.2.3'")));
    const program = path.join(bin, 'python3');
    const port = await freePort();
    const args = ['-c', launcher, '-H', '127.0.0.1', '-p', String(port)];
    return new MotoServer(await ServerProcess.start({ program, args, port, env }), port);
  }

  /** Makes a bucket. */
  async createBucket(name: string): Promise<void> {
    const answer = await fetch(`${this.endpoint}/${name}`, { method: 'PUT' });
    if (!answer.ok) throw new Error(`no bucket ${name}: ${answer.status} ${await answer.text()}`);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}
