/** Whether chaos would see what must not happen: a run in which nothing happened, and its log and ledger made worse by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MetadataStore, openMetadata, type RunEvent } from 'leat/metadata';
import { afterAll, describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForAllTests } from '../cli/leat-for-tests.ts';
import { flowFile } from './chaos-run.ts';
import { checkRun, type RunCheck } from './check-run.ts';
import { widthsOf } from './items.ts';

const widths = widthsOf(60);

describe('the check of a run', () => {
  let leat: Leat;
  let ledger: string;
  let lines: readonly string[];
  let metadata: MetadataStore;

  leatForAllTests(async (own) => {
    leat = own;
    ledger = join(leat.folder, 'ledger');
    const sizes = ['--items', String(widths.items), '--groups', String(widths.groups)];
    await leat.ok(['run', flowFile, ...sizes], { CHAOS_LEDGER: ledger });
    lines = readFileSync(ledger, 'utf8').trim().split('\n');
    metadata = await openMetadata(join(leat.folder, '.leat'));
  });
  afterAll(async () => {
    await metadata.close();
  });

  /** With other lines in the ledger, or other events in the log. */
  async function check(
    ran: readonly string[] = lines,
    change: (event: RunEvent) => readonly RunEvent[] = (event) => [event],
  ): Promise<RunCheck> {
    writeFileSync(ledger, `${ran.join('\n')}\n`);
    async function* events(...of: Parameters<MetadataStore['events']>) {
      let seq = 0;
      for await (const { event } of metadata.events(...of))
        for (const one of change(event)) yield { seq: (seq += 1), event: one };
    }
    const store: Pick<MetadataStore, 'run' | 'events' | 'tasks'> = {
      run: async (...of) => metadata.run(...of),
      tasks: async (...of) => metadata.tasks(...of),
      events,
    };
    return checkRun(store, { address: 'ChaosFlow/1', widths, ledger });
  }

  const found = async (
    ...of: Parameters<typeof check>
  ): Promise<readonly [readonly string[], readonly string[]]> => {
    const { lost, doubled } = await check(...of);
    return [lost, doubled];
  };

  it('finds nothing where nothing is wrong', async () => {
    expect(await check()).toMatchObject({
      tasks: 60,
      executions: 60,
      lost: [],
      doubled: [],
      lateOfFenced: 0,
    });
  });

  it('finds a task that ran once more, and one that never ran', async () => {
    const [first = '', second = ''] = lines.filter((line) => line.includes('/work['));
    const task = second.slice(second.indexOf('work'), second.indexOf('@'));
    const [lost, doubled] = await found([...lines.filter((line) => line !== second), first]);
    expect(lost).toEqual([`${task} never ran`]);
    expect(doubled).toEqual([expect.stringContaining('began 2 times, submitted 1')]);
  });

  it('finds a body that began after the result', async () => {
    const late = lines.map((line) =>
      line.includes('/start@') ? line.replace(/ \d+ /, ` ${Date.now()} `) : line,
    );
    expect(await found(late)).toEqual([
      [],
      [expect.stringMatching(/^start@0 began \d+ ms after its result/)],
    ]);
  });

  it('finds a result that is missing, one that was decided twice, and a task that was submitted after it', async () => {
    const isStart = (event: RunEvent, type: string): boolean =>
      event.type === type && 'task' in event && event.task === 'start';
    expect(await found(lines, (event) => (isStart(event, 'attempt-succeeded') ? [] : [event]))).toEqual([
      ['start has no result in the log'],
      [],
    ]);
    const [lost, doubled] = await found(lines, (event) =>
      isStart(event, 'attempt-succeeded')
        ? [
            event,
            event,
            { type: 'attempt-submitted', at: 1, task: 'start', attempt: 1, layer: 'local', token: 't' },
          ]
        : [event],
    );
    expect(lost).toEqual([]);
    expect(doubled).toEqual([
      'start was decided again, by @0',
      'start@0 ended twice',
      'start@1 was submitted after its result',
    ]);
  });
});
