import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { startTaskProcess } from './api.ts';
import { plainLaunch } from './job-spec.ts';

it('tells a process what it will probably do', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'leat-start-'));
  const runner = path.join(folder, 'likely.cjs');
  writeFileSync(runner, 'process.stdout.write(String(process.env.LEAT_LIKELY_WORK));');
  const setting = { runner, packageFolder: undefined, sourceRoot: undefined, environment: process.env };
  const work = { kind: 'item-linear', step: 'train' };
  const started = startTaskProcess(setting, { ...plainLaunch, work }, () => undefined);
  expect(await text(started.stdout)).toBe('item-linear/train');
  await started.exited;
  rmSync(folder, { recursive: true });
});
