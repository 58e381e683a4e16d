/**
 * OpenStack Swift with its S3 interface: a store of objects on this machine's disk, each server a process of its own. It verifies
 * signatures, and answers 501 to conditional writes.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, ServerProcess } from '../programs.ts';

const install = 'apt-get install swift-proxy swift-account swift-container swift-object memcached';
const user = 'test:tester';
const secret = 'testing';
const device = 'disk';

/** Servers that keep something, each with a ring that says where. */
const stores = ['account', 'container', 'object'] as const;

const common = (folder: string, port: number): string => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${process.env['USER'] ?? 'root'}
swift_dir = ${folder}
devices = ${join(folder, 'devices')}
mount_check = false
`;

const proxyParts = (memcached: number): string => `[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats bulk s3api tempauth slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
${['catch_errors', 'gatekeeper', 'listing_formats', 'bulk', 'slo', 'dlo', 'versioned_writes']
  .map((name) => `[filter:${name}]\nuse = egg:swift#${name}`)
  .join('\n')}
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${memcached}
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_${user.replace(':', '_')} = ${secret} .admin
`;

/** A Swift that runs. */
export class SwiftServer {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** What AWS's tools and Leat need to find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #processes: readonly ServerProcess[];

  private constructor(folder: string, port: number, processes: readonly ServerProcess[]) {
    this.#folder = folder;
    this.#processes = processes;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.env = {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: user,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: 'us-east-1',
    };
  }

  static async start(): Promise<SwiftServer> {
    const folder = mkdtempSync(join(tmpdir(), 'leat-swift-'));
    mkdirSync(join(folder, 'devices', device), { recursive: true });
    const processes: ServerProcess[] = [];
    try {
      const memcached = await freePort();
      const args = ['-l', '127.0.0.1', '-p', String(memcached), '-u', process.env['USER'] ?? 'root'];
      processes.push(
        await ServerProcess.start({ program: findProgram('memcached', install), args, port: memcached }),
      );
      for (const name of stores) processes.push(await startStore(folder, name));
      const port = await freePort();
      writeFileSync(join(folder, 'proxy.conf'), common(folder, port) + proxyParts(memcached));
      processes.push(await startSwift(folder, 'proxy', port));
      return new SwiftServer(folder, port, processes);
    } catch (error) {
      for (const process of processes) await process.stop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Makes a bucket. */
  async createBucket(name: string): Promise<void> {
    const headers = { 'x-auth-user': user, 'x-auth-key': secret };
    const entry = await fetch(`${this.endpoint}/auth/v1.0`, { headers });
    const token = entry.headers.get('x-auth-token') ?? '';
    const answer = await fetch(`${entry.headers.get('x-storage-url')}/${name}`, {
      method: 'PUT',
      headers: { 'x-auth-token': token },
    });
    if (!answer.ok) throw new Error(`no bucket ${name}: ${answer.status} ${await answer.text()}`);
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) await process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function startStore(folder: string, name: (typeof stores)[number]): Promise<ServerProcess> {
  const port = await freePort();
  const builder = join(folder, `${name}.builder`);
  const ring = findProgram('swift-ring-builder', install);
  const make = (...args: readonly string[]): unknown => execFileSync(ring, [builder, ...args]);
  make('create', '4', '1', '0');
  make('add', `r1z1-127.0.0.1:${port}/${device}`, '1');
  make('rebalance');
  const parts = `[pipeline:main]\npipeline = ${name}-server\n[app:${name}-server]\nuse = egg:swift#${name}\n`;
  writeFileSync(join(folder, `${name}.conf`), common(folder, port) + parts);
  return await startSwift(folder, name, port);
}

async function startSwift(folder: string, name: string, port: number): Promise<ServerProcess> {
  const program = findProgram(`swift-${name}-server`, install);
  return await ServerProcess.start({ program, args: [join(folder, `${name}.conf`)], port });
}
