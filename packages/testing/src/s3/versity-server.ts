import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, ServerProcess } from '../programs.ts';

/** Versity's S3 gateway over a folder: it verifies signatures, and keeps to conditions of writes. */
export class VersityServer {
  /** What AWS's tools and Leat need to find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #process: ServerProcess;

  private constructor(folder: string, port: number, process: ServerProcess) {
    this.#folder = folder;
    this.#process = process;
    this.env = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'tester',
      AWS_SECRET_ACCESS_KEY: 'n0t-a-secret',
      AWS_REGION: 'us-east-1',
    };
  }

  static async start(): Promise<VersityServer> {
    const program = findProgram(
      'versitygw',
      'go install github.com/versity/versitygw/cmd/versitygw@latest, with GOBIN=.cache/test-programs/bin',
    );
    const folder = mkdtempSync(join(tmpdir(), 'leat-versity-'));
    const port = await freePort();
    const args = ['--port', `127.0.0.1:${port}`, 'posix', folder];
    const env = { ROOT_ACCESS_KEY: 'tester', ROOT_SECRET_KEY: 'n0t-a-secret' };
    return new VersityServer(folder, port, await ServerProcess.start({ program, args, port, env }));
  }

  /** Makes a bucket. */
  createBucket(name: string): void {
    mkdirSync(join(this.#folder, name));
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
