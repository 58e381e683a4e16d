import { existsSync } from 'node:fs';

import type { RunReader, TaskReader } from '../../client/index.ts';
import { drawDot } from '../../graph/draw-dot.ts';
import { drawMermaid } from '../../graph/draw-mermaid.ts';
import { drawText } from '../../graph/draw-text.ts';
import type { FlowGraph } from '../../graph/graph.ts';
import { pricesOf } from '../../home/profile-defaults.ts';
import { estimateRun, type LayerCost, prepareFlow, resolveHome } from '../../run/index.ts';
import { shownFacts, type ShownFacts } from '../output/artifact-facts.ts';
import { costLines } from '../output/cost-lines.ts';
import { formatBytes, formatCount, formatDuration, formatTime } from '../output/format.ts';
import { jsonText } from '../output/json.ts';
import { failureLines, failureTitle } from '../output/run-end.ts';
import { statusText } from '../output/status.ts';
import { renderTable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { countsText, runFacts } from './list.ts';
import { type ReadFlags, withClient } from './with-client.ts';

export interface ShowCommand {
  readonly terminal: Terminal;
  readonly what: string;
  readonly options: ReadFlags & {
    readonly mermaid?: boolean;
    readonly dot?: boolean;
    readonly prices?: string;
  };
}

const failuresShown = 5;

const isFile = (what: string): boolean => /\.[cm]?[jt]sx?$/.test(what) || existsSync(what);

function graphText(graph: FlowGraph, { options }: ShowCommand): string {
  if (options.mermaid === true) return drawMermaid(graph);
  if (options.dot === true) return drawDot(graph);
  return options.json === true ? jsonText(graph, false) : drawText(graph);
}

async function stepLines(run: RunReader): Promise<string[]> {
  const rows = await Promise.all(
    run.steps().map(async (step) => {
      const counts = await step.counts();
      const took =
        counts.firstStartedAt === undefined
          ? ''
          : formatDuration((counts.lastEndedAt ?? Date.now()) - counts.firstStartedAt);
      return [step.name, formatCount(counts.total), countsText(counts), took];
    }),
  );
  return renderTable(
    [{ title: 'step' }, { title: 'tasks', right: true }, { title: 'status' }, { title: 'took', right: true }],
    rows,
  );
}

function howToGoOn({ status, abandoned, address, record }: RunReader): string[] {
  if (status === 'failed' || status === 'cancelled')
    return ['', `go on with what is done: leat resume ${address}`];
  if (!abandoned) return [];
  const engine = record.lease === undefined ? 'its engine' : `its engine (${record.lease.owner})`;
  return ['', `${engine} is gone; go on where it stopped: leat recover ${address}`];
}

async function costsOf(run: RunReader, { options }: ShowCommand): Promise<readonly LayerCost[]> {
  const prices = pricesOf(options.prices, resolveHome(options).profile);
  return estimateRun(run.record, () => run.events(), prices);
}

async function runText(run: RunReader, command: ShowCommand): Promise<string> {
  const { out } = command.terminal;
  const { record } = run;
  const took = formatDuration((record.endedAt ?? Date.now()) - record.createdAt);
  const failures = await run.failures(failuresShown);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['started', `${formatTime(record.createdAt)} by ${record.user} (${record.namespace})`],
    ['command', record.command],
    [
      'parameters',
      Object.entries(run.parameters)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(' ') || undefined,
    ],
    ['tags', run.tags.join(', ') || undefined],
    ['resumed from', run.originRun],
    ['code', run.package.slice(0, 12)],
  ];
  return [
    `${out.style('bold', run.address)} ${statusText(run.status, out, run.abandoned)} ${run.status === 'running' ? 'for' : 'in'} ${took}`,
    ...facts.flatMap(([name, text]) =>
      text === undefined ? [] : [`  ${out.style('dim', name.padEnd(12))} ${text}`],
    ),
    '',
    ...(await stepLines(run)),
    ...costLines(await costsOf(run, command)).flatMap((line) => ['', line]),
    ...failures.flatMap((task, i) =>
      task.failure === undefined
        ? []
        : [
            '',
            `${out.style('red', task.address)} failed (${task.attempts} ${task.attempts === 1 ? 'attempt' : 'attempts'}): ${(i === 0 ? failureLines(task.failure, out) : [failureTitle(task.failure)]).join('\n')}`,
          ],
    ),
    ...howToGoOn(run),
    '',
  ].join('\n');
}

async function artifactsOf(task: TaskReader): Promise<ShownFacts[]> {
  return Promise.all((await task.artifacts()).map(async (listing) => shownFacts(task, listing)));
}

async function taskText(task: TaskReader, { terminal: { out } }: ShowCommand): Promise<string> {
  const attempts = await task.attemptRecords();
  const artifacts = await artifactsOf(task);
  return [
    `${out.style('bold', task.fullAddress)} ${statusText(task.status, out)}${task.caught ? ' (caught)' : ''}${task.originRun === undefined ? '' : ` (reused from ${task.originRun})`}`,
    ...attempts.map(({ attempt, state, layer, job, startedAt, endedAt, note, failure }) =>
      [
        `  attempt ${attempt} ${statusText(state, out)} on ${layer}${job === undefined ? '' : ` (job ${job})`}`,
        startedAt === undefined
          ? ''
          : `${formatTime(startedAt)}, ${formatDuration((endedAt ?? Date.now()) - startedAt)}`,
        note ?? '',
        failure === undefined ? '' : failureTitle(failure),
      ]
        .filter(Boolean)
        .join('  '),
    ),
    ...(task.failure === undefined ? [] : ['', ...failureLines(task.failure, out)]),
    ...(artifacts.length === 0
      ? []
      : [
          '',
          ...renderTable(
            [{ title: 'artifact' }, { title: 'type' }, { title: 'size', right: true }, { title: 'sha256' }],
            artifacts.map(({ name, type, size, hash }) => [name, type, formatBytes(size), hash.slice(0, 12)]),
          ),
        ]),
    '',
  ].join('\n');
}

async function costsFact(
  run: RunReader,
  command: ShowCommand,
): Promise<{ readonly costs?: readonly LayerCost[] }> {
  const costs = await costsOf(run, command);
  return costs.length === 0 ? {} : { costs };
}

async function showStored(command: ShowCommand): Promise<string> {
  const { what, options } = command;
  return withClient(options, async (client) => {
    if (what.split('/').length > 2) {
      const task = await client.task(what);
      if (options.json !== true) return taskText(task, command);
      return jsonText(
        { task: task.record, attempts: await task.attemptRecords(), artifacts: await artifactsOf(task) },
        false,
      );
    }
    const run = await client.run(what.includes('/') ? what : `${what}/latest`);
    if (options.mermaid === true || options.dot === true) return graphText(run.graph, command);
    if (options.json !== true) return runText(run, command);
    const steps = await Promise.all(run.steps().map((step) => step.counts()));
    return jsonText(
      {
        run: runFacts(run),
        steps,
        failures: (await run.failures(failuresShown)).map((task) => task.record),
        plan: run.plan,
        ...(await costsFact(run, command)),
      },
      false,
    );
  });
}

/** `leat show FLOW|RUN|TASK`. */
export async function show(command: ShowCommand): Promise<number> {
  const { what, options, terminal } = command;
  const text = isFile(what)
    ? graphText((await prepareFlow({ file: what, home: resolveHome(options) })).graph, command)
    : await showStored(command);
  terminal.out.write(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}
