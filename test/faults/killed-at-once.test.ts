/** The engine dies together with everybody who would end its tasks: they see to it by themselves, and `leat recover` finds all that was done. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Part, processesOf, signal, unfinishedFiles } from '../chaos/processes.ts';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const width = 80;
const items = Array.from({ length: width }, (_, item) => item);
/** Items that wait until there is a file `go`. */
const waits = (item: number): boolean => item % 10 === 5;

// Wide enough for a spawn server.
const flow = (isolation: string): string => `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Flow, step, type Inputs } from 'leat';
export default class WideFlow extends Flow {
  declare square: number;
  declare squares: number[];
  @step start() { this.next(this.work, { foreach: ${JSON.stringify(items)} }); }
  @step(${isolation}) async work(item: number) {
    appendFileSync('ran.txt', item + '\\n');
    console.log('begin ' + item);
    while (item % 10 === 5 && !existsSync('go')) await setTimeout(10);
    this.square = item * item;
    this.next(this.join);
  }
  @step join(inputs: Inputs<WideFlow>) { this.squares = inputs.map((one) => one.square); this.next(this.end); }
  @step end() {}
}`;

describe('an engine that is killed with everybody who would end its tasks', () => {
  let leat: Leat;
  let temporary: string;
  leatForEachTest((own) => {
    leat = own;
    temporary = join(leat.folder, 'temporary');
    mkdirSync(temporary);
    Object.assign(leat.env, { TMPDIR: temporary, XDG_CACHE_HOME: join(leat.folder, 'cache') });
  });

  it.each([
    ['processes of their own', "{ isolation: 'process' }", ['engine', 'reaper', 'spawner']],
    // Too few processes for a spawn server.
    ['shared processes', "{ isolation: 'reuse', chunk: 10 }", ['engine', 'reaper']],
  ] as const)(
    'leaves nothing, loses nothing and doubles nothing: tasks in %s',
    async (_name, isolation, victims) => {
      leat.write('flow.ts', flow(isolation));
      const run = leat.start(['run', 'flow.ts', '--max-workers', '2']);
      await Promise.all([run.stdoutHas('begin 5\n'), run.stdoutHas('begin 15\n')]);
      const killed = processesOf(leat).filter(({ part }) => (victims as readonly Part[]).includes(part));
      expect(killed.map(({ part }) => part).toSorted()).toEqual(victims);
      // Stopped first: none of them sees the end of another.
      for (const { pid } of killed) signal(pid, 'SIGSTOP');
      for (const { pid } of killed) signal(pid, 'SIGKILL');
      await run.done;
      await leat.noneLeft();
      const before = new Set((await leat.tasks('WideFlow/1')).filter(succeeded).map(({ task }) => task));

      leat.write('go', '');
      await leat.ok(['recover', 'WideFlow/1']);
      await leat.noneLeft();
      const tasks = await leat.tasks('WideFlow/1');
      expect(tasks.length).toBe(width + 3);
      expect(tasks.every(succeeded)).toBe(true);
      expect(await leat.json('get', 'WideFlow/1/join.squares')).toEqual(items.map((item) => item * item));
      const lines = readFileSync(join(leat.folder, 'ran.txt'), 'utf8').trim().split('\n');
      for (const item of items) {
        const begun = lines.filter((line) => line === String(item)).length;
        // What waited was cut off, and begins again; what the log knew as done never does; what had just ended is found by its result.
        const cutOff = waits(item) && item < 20;
        expect({ item, begun }).toEqual({ item, begun: cutOff ? 2 : 1 });
      }
      expect(before.size).toBeGreaterThan(0);
      expect(tasks.filter(({ task, attempts }) => before.has(task) && attempts > 1)).toEqual([]);
      expect((await leat.ok(['doctor'])).stderr).toContain('healthy');
      const kept = [join(leat.folder, '.leat'), join(leat.folder, 'cache')];
      expect(unfinishedFiles({ temporary, kept })).toEqual([]);
    },
  );
});

const succeeded = ({ status }: { readonly status: string }): boolean => status === 'succeeded';
