/**
 * The state of a running run as lines of text: pure, so that it is tested without a terminal.
 */
import { formatCount, formatDuration } from '../output/format.ts';
import type { Output } from '../output/terminal.ts';

/** One step's tasks, counted. */
export interface StepProgress {
  readonly step: string;
  /** Tasks that are known and have not started. */
  readonly waiting: number;
  readonly running: number;
  readonly retrying: number;
  readonly succeeded: number;
  readonly failed: number;
  /** When the first of them started. */
  readonly startedAt?: number;
}

export interface RunProgress {
  readonly address: string;
  readonly startedAt: number;
  readonly steps: readonly StepProgress[];
  readonly ending?: string;
}

const barWidth = 20;

function bar(step: StepProgress, total: number, out: Pick<Output, 'style'>): string {
  const cells = (count: number): number => Math.floor((count / total) * barWidth);
  const done = cells(step.succeeded);
  const failed = step.failed > 0 ? Math.max(1, cells(step.failed)) : 0;
  const rest = Math.max(0, barWidth - done - failed);
  return (
    out.style('green', '━'.repeat(Math.min(done, barWidth - failed))) +
    out.style('red', '━'.repeat(failed)) +
    out.style('dim', '─'.repeat(rest))
  );
}

/** Tasks a second and the time that the rest will take, once there is something to judge by. */
function rateAndRest(
  step: StepProgress,
  now: number,
): { readonly rate: number; readonly restMs: number } | undefined {
  const ended = step.succeeded + step.failed;
  const elapsed = now - (step.startedAt ?? now);
  if (ended < 2 || elapsed < 1000) return undefined;
  const rate = ended / elapsed;
  return { rate: rate * 1000, restMs: (step.waiting + step.running + step.retrying) / rate };
}

function stepLine(step: StepProgress, nameWidth: number, now: number, out: Pick<Output, 'style'>): string {
  const total = step.waiting + step.running + step.retrying + step.succeeded + step.failed;
  const name = step.step.padEnd(nameWidth);
  if (total === 0) return `  ${out.style('dim', `${name}  ·`)}`;
  const done = step.succeeded === total;
  const mark =
    step.failed > 0 ? out.style('red', '✗') : done ? out.style('green', '✓') : out.style('cyan', '▸');
  const parts = [`${formatCount(step.succeeded)}/${formatCount(total)}`];
  if (step.running > 0) parts.push(`${formatCount(step.running)} running`);
  if (step.retrying > 0) parts.push(out.style('yellow', `${formatCount(step.retrying)} to retry`));
  if (step.failed > 0) parts.push(out.style('red', `${formatCount(step.failed)} failed`));
  const pace = done ? undefined : rateAndRest(step, now);
  if (pace !== undefined)
    parts.push(out.style('dim', `${pace.rate.toFixed(1)}/s, ${formatDuration(pace.restMs)} left`));
  return `${mark} ${name}  ${total > 1 ? `${bar(step, total, out)}  ` : ''}${parts.join(', ')}`;
}

/** At most `rows` lines: the steps in flight first when there is no room for all. */
export function progressLines(
  progress: RunProgress,
  now: number,
  out: Pick<Output, 'style'>,
  rows: number,
): string[] {
  const nameWidth = Math.max(...progress.steps.map((step) => step.step.length));
  const head = `${out.style('bold', progress.address)} ${out.style('dim', formatDuration(now - progress.startedAt))}${progress.ending === undefined ? '' : ` ${out.style('yellow', progress.ending)}`}`;
  const room = Math.max(1, rows - 1);
  const active = (step: StepProgress): boolean =>
    step.running + step.waiting + step.retrying + step.failed > 0;
  const shown = progress.steps.length <= room ? progress.steps : progress.steps.filter(active).slice(0, room);
  return [head, ...shown.map((step) => stepLine(step, nameWidth, now, out))];
}

/** One line for a log: the steps in flight only; empty when there are none. */
export function progressText(progress: RunProgress, now: number): string {
  const steps = progress.steps
    .filter((step) => step.running + step.waiting + step.retrying > 0)
    .map((step) => {
      const total = step.waiting + step.running + step.retrying + step.succeeded + step.failed;
      const pace = rateAndRest(step, now);
      const failed = step.failed > 0 ? `, ${formatCount(step.failed)} failed` : '';
      const rest =
        pace === undefined ? '' : `, ${pace.rate.toFixed(1)}/s, ${formatDuration(pace.restMs)} left`;
      return `${step.step} ${formatCount(step.succeeded)}/${formatCount(total)}, ${formatCount(step.running)} running${failed}${rest}`;
    });
  return steps.length === 0
    ? ''
    : `${progress.address} ${formatDuration(now - progress.startedAt)}: ${steps.join('; ')}`;
}
