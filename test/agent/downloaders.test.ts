// What each program that may fetch a Node makes of a store's answers: the shell's part of the bootstrap, with a PATH that has one of them only.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { agentExits, bootstrapCommand } from 'leat/agent';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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
};

const tools = ['sh', 'cat', 'head', 'tail', 'mkdir', 'rm', 'chmod', 'sleep', 'uname', 'sha256sum', 'gzip'];

let server: Server;
let origin: string;
let folder: string;

/** Where Debian has it: a shim that looks for its own home finds none here. */
function fileOf(program: string): string {
  const file = ['/usr/bin', '/bin'].map((at) => path.join(at, program)).find((each) => existsSync(each));
  if (file === undefined) throw new Error(`${program} is missing: node scripts/test-programs.ts installs it`);
  return file;
}

function folderWith(program: string): string {
  const bin = path.join(folder, program);
  mkdirSync(bin);
  for (const each of tools) symlinkSync(fileOf(each), path.join(bin, each));
  if (program === 'node') {
    // One that is too old for the agent, and can fetch.
    const script = `#!/bin/sh\n[ "$1" = --version ] && { echo v18.0.0; exit; }\nexec '${process.execPath}' "$@"\n`;
    writeFileSync(path.join(bin, 'node'), script);
    chmodSync(path.join(bin, 'node'), 0o700);
  } else symlinkSync(fileOf(program), path.join(bin, program));
  return bin;
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-downloaders-'));
  for (const program of ['curl', 'wget', 'python3', 'perl', 'node']) folderWith(program);
  server = createServer(({ url = '' }, answer) => {
    const [status, body] = answers[url.slice(1)] ?? [500, ''];
    answer.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function fetchNode(program: string, link: string): Promise<{ code: number; stderr: string }> {
  const [shell = '', ...args] = bootstrapCommand();
  const child = spawn(shell, args, {
    env: {
      PATH: path.join(folder, program),
      TMPDIR: folder,
      LEAT_NODE: `${origin}/${link}`,
      LEAT_NODE_PLATFORM: `linux-${process.arch}`,
      LEAT_NODE_SHA256: 'none',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr };
}

const { linkExpired, linkRefused } = agentExits;

describe.concurrent.each(['curl', 'wget', 'python3', 'perl', 'node'])('%s', (program) => {
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
});
