// What each program that may fetch a Node makes of a store's answers: the shell's part of the bootstrap, with a PATH that has one of them only.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { agentExits, bootstrapCommand } from 'leat/agent';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What signs a link. Long as with the token of a session, so that the end of what is said may begin within it. */
const signature = `X-Amz-Security-Token=${'secret'.repeat(120)}&X-Amz-Signature=secret`;

const answers: Readonly<Record<string, readonly [number, string]>> = {
  late: [
    403,
    '<Error><Code>AccessDenied</Code><Message>Request has expired</Message><Key>secret</Key></Error>',
  ],
  session: [
    400,
    '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message><Token-0>secret</Token-0></Error>',
  ],
  denied: [403, '<Error><Code>AccessDenied</Code><Message>Access Denied</Message><Key>secret</Key></Error>'],
  gone: [404, '<Error><Code>NoSuchKey</Code><Message>No such key</Message><Key>secret</Key></Error>'],
  // As proxies do.
  barred: [403, `<p>Not allowed here: http://store/tools?${signature}</p>`],
  busy: [503, `<p>'/busy?${signature}' cannot be fetched now, and "/busy?${signature}" neither. Later?</p>`],
  other: [200, 'no Node'],
};

/** Times that each test has asked for its link. */
const asked = new Map<string, number>();

function answer({ url = '', socket }: IncomingMessage, response: ServerResponse): void {
  const [, test = '', place = ''] = new URL(url, origin).pathname.split('/');
  const before = asked.get(test) ?? 0;
  asked.set(test, before + 1);
  if (place === 'silent') return;
  if (place === 'cut' || (place === 'denied-then-cut' && before > 0)) {
    socket.destroy();
    return;
  }
  const [status, body] = answers[place === 'denied-then-cut' ? 'denied' : place] ?? [500, ''];
  response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
}

// Their waits take a hundredth of the time.
const hurriedNode = `import { Socket } from 'node:net';
const { setTimeout } = Socket.prototype;
Socket.prototype.setTimeout = function (ms, call) { return setTimeout.call(this, ms / 100, call); };`;
const hurriedPython = `import signal
signal.alarm = lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds / 100)
`;

const tools = ['sh', 'cat', 'head', 'tail', 'mkdir', 'rm', 'chmod', 'sleep', 'uname', 'sha256sum', 'gzip'];

const programs = ['curl', 'wget', 'python3', 'perl', 'node'] as const;

let server: Server;
let origin: string;
let folder: string;

/** Where Debian has it: a shim that looks for its own home finds none here. */
function fileOf(program: string): string {
  const file = ['/usr/bin', '/bin'].map((at) => path.join(at, program)).find((each) => existsSync(each));
  if (file === undefined) throw new Error(`${program} is missing: node scripts/test-programs.ts installs it`);
  return file;
}

function folderWith(program: string): void {
  const bin = path.join(folder, program);
  mkdirSync(bin);
  for (const each of tools) symlinkSync(fileOf(each), path.join(bin, each));
  // One that is too old for the agent, and can fetch.
  if (program === 'node')
    script(bin, 'node', `[ "$1" = --version ] && { echo v18.0.0; exit; }\nexec '${process.execPath}' "$@"`);
  else if (program === 'busybox') symlinkSync(fileOf('busybox'), path.join(bin, 'wget'));
  else symlinkSync(fileOf(program), path.join(bin, program));
}

function script(bin: string, name: string, text: string): void {
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`);
  chmodSync(path.join(bin, name), 0o700);
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-downloaders-'));
  for (const program of [...programs, 'busybox']) folderWith(program);
  writeFileSync(path.join(folder, 'sitecustomize.py'), hurriedPython);
  server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stderr: string;
  /** How often the link was asked for. */
  readonly requests: number;
}

/** Runs the bootstrap with these programs to its end. */
async function bootstrap(
  bin: string,
  env: (link: (place: string) => string) => NodeJS.ProcessEnv,
): Promise<Ended> {
  const [shell = '', ...args] = bootstrapCommand();
  const test = randomUUID();
  const child = spawn(shell, args, {
    env: { PATH: bin, TMPDIR: folder, ...env((place) => `${origin}/${test}/${place}?${signature}`) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr, requests: asked.get(test) ?? 0 };
}

const fetchNode = async (program: string, place: string, more: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  bootstrap(path.join(folder, program), (link) => ({
    LEAT_NODE: link(place),
    LEAT_NODE_PLATFORM: `linux-${process.arch}`,
    LEAT_NODE_SHA256: 'none',
    ...more,
  }));

const { damaged, downloadFailed, linkExpired, linkRefused } = agentExits;

describe.concurrent.each(programs)('%s', (program) => {
  it.each([
    ['late', linkExpired, 'is refused: it has expired. HTTP 403 ', 'Request has expired'],
    ['session', linkExpired, 'is refused: it has expired. HTTP 400 ', 'The provided token has expired.'],
    [
      'denied',
      linkRefused,
      'is refused: it is not allowed, or the object is gone. HTTP 403 ',
      'Access Denied',
    ],
    ['gone', linkRefused, 'is refused: it is not allowed, or the object is gone. HTTP 404 ', 'No such key'],
  ])('tells a link that is %s', async (link, exit, says, message) => {
    const { code, stderr } = await fetchNode(program, link);
    expect(stderr).toContain(message);
    expect(stderr.replaceAll('\n', ' ')).toContain(says);
    // What follows the message may be a session's token.
    expect(stderr).not.toContain('secret');
    expect(code).toBe(exit);
  });

  it('shows nothing of what signs the link when a store is busy', async () => {
    const { code, stderr, requests } = await fetchNode(program, 'busy');
    expect(stderr).toContain('could not be downloaded');
    expect(stderr).toContain('503');
    expect(stderr).not.toContain('secret');
    expect([code, requests]).toEqual([downloadFailed, 4]);
  });

  it('asks four times when the connection is cut, and not many times each', async () => {
    const { code, stderr, requests } = await fetchNode(program, 'cut');
    expect(stderr).not.toContain('secret');
    // Perl's module asks once more by itself.
    expect([code, requests]).toEqual([downloadFailed, program === 'perl' ? 8 : 4]);
  });
});

describe.concurrent('the bootstrap', () => {
  it('does not have wget try on and on for the body of a refusal', async () => {
    const { code, requests } = await fetchNode('wget', 'denied-then-cut');
    expect([code, requests]).toEqual([linkRefused, 2]);
  });

  it.each([
    ['denied', linkRefused, 'HTTP 403'],
    ['busy', downloadFailed, '503'],
    ['other', damaged, 'came damaged'],
  ])('takes the wget of busybox: %s', async (place, exit, says) => {
    const { code, stderr } = await fetchNode('busybox', place);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('secret');
    expect(code).toBe(exit);
  });

  it.each([
    ['node', () => ({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hurriedNode)}` })],
    ['python3', () => ({ PYTHONPATH: folder })],
  ])('does not wait for a server that says nothing, with %s', async (program, hurried) => {
    const { code, stderr, requests } = await fetchNode(program, 'silent', hurried());
    expect(stderr).toContain('no answer within');
    expect([code, requests]).toEqual([downloadFailed, 4]);
  });

  it('begins no further try when those before have taken minutes', async () => {
    const bin = path.join(folder, 'slow');
    cpSync(path.join(folder, 'curl'), bin, { recursive: true, verbatimSymlinks: true });
    // Of a clock on which each look is 200 s after the one before.
    script(
      bin,
      'date',
      `n=$(cat '${bin}/now' 2>/dev/null || echo 0); echo $((n + 200)) >'${bin}/now'; echo $n`,
    );
    const { code, requests } = await fetchNode('slow', 'busy');
    expect([code, requests]).toEqual([downloadFailed, 2]);
  });

  it.each([
    ['barred', linkRefused],
    ['busy', downloadFailed],
  ])("shows nothing of what signs the link to Leat's tools: %s", async (place, exit) => {
    const { code, stderr } = await bootstrap(path.dirname(process.execPath), (link) => ({
      LEAT_TOOLS: link(place),
    }));
    expect(stderr).toContain("Leat's tools");
    expect(stderr).not.toContain('secret');
    expect(code).toBe(exit);
  });
});
