/** A registry of images for tests, that answers nobody without a login. It listens on the loopback only. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findProgram, freePort, ServerProcess } from '@leat/testing';

/** `correct horse`, as bcrypt keeps it. */
const password = 'correct horse';
const hashed = '$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2';

/** See the file's header. */
export class RegistryServer {
  /** As names of images begin: `127.0.0.1:40123`. */
  readonly host: string;
  readonly user = 'reader';
  readonly password: string = password;
  readonly #folder: string;
  readonly #process: ServerProcess;

  private constructor(host: string, folder: string, process: ServerProcess) {
    this.host = host;
    this.#folder = folder;
    this.#process = process;
  }

  /** Starts it, empty. */
  static async start(): Promise<RegistryServer> {
    const program = findProgram('docker-registry', 'apt-get install docker-registry');
    const folder = mkdtempSync(path.join(tmpdir(), 'leat-registry-'));
    const port = await freePort();
    const host = `127.0.0.1:${port}`;
    const logins = path.join(folder, 'logins');
    writeFileSync(logins, `reader:${hashed}\n`);
    const config = path.join(folder, 'config.json');
    // YAML takes JSON.
    writeFileSync(
      config,
      JSON.stringify({
        version: 0.1,
        log: { level: 'warn', accesslog: { disabled: true } },
        storage: { filesystem: { rootdirectory: path.join(folder, 'data') } },
        http: { addr: host },
        auth: { htpasswd: { realm: 'test', path: logins } },
      }),
    );
    const process = await ServerProcess.start({ program, args: ['serve', config], port });
    return new RegistryServer(host, folder, process);
  }

  /** The text of docker's `config.json`, and of podman's `auth.json`, of somebody who has logged in with this password. */
  loginFile(said: string = password): string {
    const auth = Buffer.from(`${this.user}:${said}`).toString('base64');
    return JSON.stringify({ auths: { [this.host]: { auth } } });
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
