/**
 * A real server for tests: made in a folder of its own, on a port of its own, and gone afterwards. PostgreSQL refuses to
 * run as root, so root starts it as the user `postgres` that its package makes.
 */
import { execFileSync, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './programs.ts';

const password = 'n0t-to-be-shown';

/** Where the programs are: Debian keeps each version's own; elsewhere they are on the PATH. */
function programs(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')));
}

/**
 * A server that runs.
 *
 * @example
 *     const server = await PostgresServer.start();
 *     const store = await openPostgresStore(server.url());
 *     await server.stop();
 */
export class PostgresServer {
  /** What must be seen nowhere. */
  readonly password: string = password;
  readonly port: number;
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'leat-postgres-'));
  readonly #account: { readonly uid?: number; readonly gid?: number } =
    process.getuid?.() === 0 ? accountOf('postgres') : {};

  private constructor(port: number) {
    this.port = port;
  }

  /** Makes a database cluster and starts its server. */
  static async start(): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort());
    process.once('exit', server.#kill);
    try {
      await server.#make();
      await server.startAgain();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** URL of the database. */
  url(query = ''): string {
    return `postgres://leat:${password}@127.0.0.1:${this.port}/postgres${query}`;
  }

  /** As after a crash: nobody is asked, nothing is tidied up. */
  crash(): Promise<void> {
    return this.#control('stop', '-m', 'immediate');
  }

  startAgain(): Promise<void> {
    // Without the waits for a disk that only a power failure needs: a crash of the server loses nothing all the same.
    const options = `-p ${this.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c shared_buffers=32MB`;
    return this.#control('start', '-o', options);
  }

  async stop(): Promise<void> {
    if (existsSync(this.#pidFile)) await this.crash();
    process.off('exit', this.#kill);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  get #pidFile(): string {
    return join(this.#data, 'postmaster.pid');
  }

  /** For a test that ends without stopping it: what `stop -m immediate` does, without a wait. */
  readonly #kill = (): void => {
    if (existsSync(this.#pidFile))
      process.kill(Number.parseInt(readFileSync(this.#pidFile, 'utf8'), 10), 'SIGQUIT');
  };

  async #make(): Promise<void> {
    const secret = join(this.#folder, 'password');
    writeFileSync(secret, password);
    const { uid, gid } = this.#account;
    if (uid !== undefined && gid !== undefined)
      for (const path of [this.#folder, secret]) chownSync(path, uid, gid);
    const access = ['-U', 'leat', '-A', 'scram-sha-256', `--pwfile=${secret}`];
    await this.#program('initdb', '-D', this.#data, ...access, '-E', 'UTF8', '--locale=C', '-N');
  }

  #control(...args: readonly string[]): Promise<void> {
    return this.#program(
      'pg_ctl',
      '-D',
      this.#data,
      '-l',
      join(this.#folder, 'log'),
      '-w',
      '-t',
      '30',
      ...args,
    );
  }

  async #program(name: string, ...args: readonly string[]): Promise<void> {
    const folder = programs();
    if (folder === undefined)
      throw new Error(`there is no ${name}: install PostgreSQL (apt-get install postgresql)`);
    // Not a pipe: the server that pg_ctl leaves behind would hold it open.
    const said = join(this.#folder, 'said');
    const output = openSync(said, 'a');
    const options = {
      ...this.#account,
      cwd: this.#folder,
      stdio: ['ignore', output, output] as StdioOptions,
    };
    const child = spawn(join(folder, name), [...args], options);
    const [code] = (await once(child, 'exit')) as [number | null];
    closeSync(output);
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${readFileSync(said, 'utf8')}`);
  }
}

function accountOf(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
