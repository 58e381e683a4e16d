// `npm run simulate -- --seeds 10000`: runs the scheduler and the engine in simulated worlds, one from each seed, and says which
// seeds end in something that must never happen. `--seed N --trace` tells all that happened in one of them.
import { type ChildProcess, fork } from 'node:child_process';
import { registerHooks } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Family } from '../packages/leat/src/scheduler/simulation/scenario.fixture.ts';
import type * as simulation from '../packages/leat/src/scheduler/simulation/simulate.fixture.ts';
import { publicEntries, root, workspacePackages } from './workspace.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    without: { type: 'string', default: '' },
    /** Failures after which no more seeds are handed out. */
    enough: { type: 'string', default: '10' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    trace: { type: 'boolean', default: false },
    brief: { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
  },
});

/** Our packages by their public names are their sources here: no build stands between a change and its simulation. */
async function loadSimulation(): Promise<typeof simulation> {
  const sources = new Map(
    workspacePackages()
      .flatMap(publicEntries)
      .map(({ specifier, source }) => [specifier, pathToFileURL(path.join(root, source)).href]),
  );
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = sources.get(specifier);
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
  });
  const file = path.join(root, 'packages/leat/src/scheduler/simulation/simulate.fixture.ts');
  return (await import(pathToFileURL(file).href)) as typeof simulation;
}

/** Takes seeds one by one from whoever started it. */
async function work(): Promise<void> {
  const { simulate } = await loadSimulation();
  process.on('message', (seed: number) => {
    void simulate(seed).then((outcome) => process.send?.({ seed, outcome }));
  });
  // Engines that died in a simulation leave timers behind that nobody waits for.
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

interface Answer {
  readonly seed: number;
  readonly outcome: simulation.Outcome;
}

interface Sum {
  runs: number;
  tasks: number;
  engines: number;
  events: number;
  readonly byStatus: Record<string, number>;
  readonly failed: number[];
}

async function runAll(first: number, count: number): Promise<Sum> {
  const sum: Sum = { runs: 0, tasks: 0, engines: 0, events: 0, byStatus: {}, failed: [] };
  let next = first;
  const serve = async (worker: ChildProcess): Promise<void> =>
    new Promise((resolve, reject) => {
      const hand = (): void => {
        if (next >= first + count || sum.failed.length >= Number(values.enough)) worker.disconnect();
        else worker.send(next++);
      };
      worker.on('message', (message: Answer | 'ready') => {
        if (message !== 'ready') add(sum, message);
        hand();
      });
      worker.on('error', reject);
      worker.on('exit', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`a worker ended with ${signal ?? code}`));
      });
    });
  const workers = Array.from({ length: Math.min(count, Math.max(1, Number(values.jobs))) }, () =>
    fork(import.meta.filename, ['--worker'], { stdio: 'inherit' }),
  );
  await Promise.all(workers.map(serve));
  return sum;
}

function add(sum: Sum, { seed, outcome }: Answer): void {
  sum.runs += 1;
  if ('failure' in outcome) {
    sum.failed.push(seed);
    console.log(`seed ${seed}: ${outcome.failure.message.split('\n')[0]}`);
    return;
  }
  const { status, tasks, engines, events } = outcome.tally;
  sum.tasks += tasks;
  sum.engines += engines;
  sum.events += events;
  sum.byStatus[status] = (sum.byStatus[status] ?? 0) + 1;
}

async function runMany(): Promise<void> {
  const started = performance.now();
  const sum = await runAll(Number(values.from), Number(values.seeds));
  const { runs, tasks, engines, events, byStatus, failed } = sum;
  if (!values.brief) {
    const { tellFailure } = await loadSimulation();
    for (const seed of failed.slice(0, 3)) console.log(`\n${await tellFailure(seed)}`);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const statuses = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`);
  console.log(
    `${runs} seeds in ${seconds} s: ${statuses.join(', ')}; ${tasks} tasks, ${engines} engines, ${events} events; ${failed.length} wrong`,
  );
  if (failed.length > 0) console.log(`wrong: ${failed.toSorted((a, b) => a - b).join(' ')}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

async function runOne(seed: number): Promise<void> {
  const { simulate, tellFailure } = await loadSimulation();
  const story: string[] = [];
  const without = new Set(values.without.split(',').filter((name) => name !== '') as Family[]);
  const outcome = await simulate(seed, { without, story });
  if (values.trace) console.log(story.join('\n'));
  if ('failure' in outcome) console.log(values.trace ? outcome.failure.message : await tellFailure(seed));
  else console.log(JSON.stringify(outcome.tally));
  process.exitCode = 'failure' in outcome ? 1 : 0;
}

if (values.worker) await work();
else {
  await (values.seed === undefined ? runMany() : runOne(Number(values.seed)));
  // The same here.
  process.exit();
}
