/** The final word on a run: how it ended, the first failure in full, how to go on. */
import type { EventFailure, TaskRecord } from '../../client/index.ts';
import type { RunResult } from '../../run/index.ts';
import { costLines } from './cost-lines.ts';
import { formatDuration, plural } from './format.ts';
import type { Output } from './terminal.ts';

const otherFailuresShown = 4;

/** `TypeError: broken`, or the code of an error of Leat's own, which has a page in the documents. */
export const errorTitle = ({ type, code, message }: EventFailure): string =>
  `${type === 'LeatError' ? (code ?? type) : type}: ${message}`;

/** The title of the error or, when none was thrown, what became of the process. */
export const failureTitle = (failure: EventFailure): string =>
  failure.reason === 'error' ? errorTitle(failure) : `${failure.reason}: ${failure.message}`;

/** One failure with its place, the lines around it, the stack, what to do. */
export function failureLines(failure: EventFailure, out: Pick<Output, 'style'>): string[] {
  const { place, frame, hint, stack } = failure;
  const below = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [
    failureTitle(failure),
    ...(place === undefined
      ? []
      : [`  at ${out.style('cyan', `${place.file}:${place.line}:${place.column}`)}`]),
    ...(frame === undefined ? [] : ['', ...frame.split('\n').map((line) => `  ${line}`), '']),
    ...(below.length > 1 ? below.slice(1, 6).map((line) => out.style('dim', line)) : []),
    ...(hint === undefined ? [] : [`  ${out.style('green', 'fix')}: ${hint}`]),
  ];
}

function countsText({ summary, run }: RunResult): string {
  const sum = (of: 'succeeded' | 'failed' | 'cancelled' | 'caught' | 'reused'): number =>
    summary.steps.reduce((total, step) => total + step[of], 0);
  const parts = [plural(sum('succeeded'), 'task')];
  if (sum('reused') > 0) parts.push(`${sum('reused')} reused from ${run.flow}/${run.originRun}`);
  if (sum('caught') > 0) parts.push(`${sum('caught')} caught`);
  if (sum('failed') > 0) parts.push(`${sum('failed')} failed`);
  if (sum('cancelled') > 0) parts.push(`${sum('cancelled')} cancelled`);
  return parts.join(', ');
}

function firstFailure(task: TaskRecord, lastLines: readonly string[], out: Pick<Output, 'style'>): string[] {
  if (task.failure === undefined) return [];
  return [
    '',
    `${out.style(['red', 'bold'], task.task)} failed${task.attempts > 1 ? ` (${task.attempts} attempts)` : ''}: ${failureLines(task.failure, out).join('\n')}`,
    ...(lastLines.length === 0
      ? []
      : [
          '',
          `  its last ${lastLines.length === 1 ? 'line' : 'lines'}:`,
          ...lastLines.map((line) => `  ${out.style('dim', '│')} ${line}`),
        ]),
  ];
}

function otherFailures(tasks: readonly TaskRecord[]): string[] {
  const shown = tasks
    .slice(0, otherFailuresShown)
    .map((task) => `  ${task.task}: ${failureTitle(task.failure as EventFailure).split('\n')[0]}`);
  return tasks.length === 0 ? [] : ['', 'then failed:', ...shown];
}

/** Lines of the message that ends `leat run`. */
export function runEndText(
  result: RunResult,
  lastLines: (task: string) => readonly string[],
  out: Pick<Output, 'style'>,
): string {
  const { run, status } = result;
  const address = `${run.flow}/${run.id}`;
  if (status === 'detached') return detachedText(address, result.summary);
  const took = formatDuration((run.endedAt ?? Date.now()) - run.createdAt);
  const head = `${status === 'succeeded' ? out.style('green', '✓') : out.style('red', '✗')} ${out.style('bold', address)} ${status} in ${took}: ${countsText(result)}`;
  const costs = costLines(result.costs ?? []).map((line) => `  ${line}`);
  if (status === 'succeeded') return [head, ...costs, ''].join('\n');
  const [first, ...others] = result.failures.filter((task) => task.failure !== undefined);
  return [
    ...(first === undefined ? [] : firstFailure(first, lastLines(first.task), out)),
    ...otherFailures(others),
    '',
    head,
    ...costs,
    ...(first === undefined ? [] : [`  its log: leat logs '${address}/${first.task}'`]),
    `  go on with what is done: leat resume ${address}`,
    '',
  ].join('\n');
}

/** The engine has left, and the run has not ended. */
const detachedText = (address: string, { inFlight }: RunResult['summary']): string =>
  `${address} goes on without this engine: ${plural(inFlight, 'task')} under way, and what comes after them waits for an engine\n  follow it again, or end it from there: leat recover ${address}\n`;
