import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { startTaskProcess } from './api.ts';
import { plainLaunch } from './job-spec.ts';

it('tells a process what it will probably do, and who has started it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'leat-start-'));
  const runner = path.join(folder, 'likely.cjs');
  writeFileSync(
    runner,
    'process.stdout.write(`${process.env.LEAT_LIKELY_WORK} ${process.env.LEAT_PARENT}`);',
  );
  const setting = { runner, packageFolder: undefined, sourceRoot: undefined, environment: process.env };
  const work = { kind: 'item-linear', step: 'train' };
  const started = startTaskProcess(setting, { ...plainLaunch, work }, () => undefined);
  expect(await text(started.stdout)).toBe(`item-linear/train ${process.pid}`);
  await started.exited;
  rmSync(folder, { recursive: true });
});
