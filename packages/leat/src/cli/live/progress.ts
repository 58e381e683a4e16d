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
  /** Handed to their layer, where they wait for a place or start. */
  readonly queued: number;
  readonly running: number;
  readonly retrying: number;
  /** `reused` ones included. */
  readonly succeeded: number;
  readonly reused: number;
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

/** Tasks of a step that are still to end. */
const openTasks = ({ waiting, queued, running, retrying }: StepProgress): number =>
  waiting + queued + running + retrying;

const allTasks = (step: StepProgress): number => openTasks(step) + step.succeeded + step.failed;

/** `2 running`, `6 queued`: what is on its way. */
function underWay({ running, queued }: StepProgress): string[] {
  return [
    ...(running > 0 ? [`${formatCount(running)} running`] : []),
    ...(queued > 0 ? [`${formatCount(queued)} queued`] : []),
  ];
}

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
  // What was taken over from an older run took no time.
  const ended = step.succeeded - step.reused + step.failed;
  const elapsed = now - (step.startedAt ?? now);
  if (ended < 2 || elapsed < 1000) return undefined;
  const rate = ended / elapsed;
  return { rate: rate * 1000, restMs: openTasks(step) / rate };
}

function stepLine(step: StepProgress, nameWidth: number, now: number, out: Pick<Output, 'style'>): string {
  const total = allTasks(step);
  const name = step.step.padEnd(nameWidth);
  if (total === 0) return `  ${out.style('dim', `${name}  ·`)}`;
  const done = step.succeeded === total;
  const mark =
    step.failed > 0 ? out.style('red', '✗') : done ? out.style('green', '✓') : out.style('cyan', '▸');
  const parts = [`${formatCount(step.succeeded)}/${formatCount(total)}`, ...underWay(step)];
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
  const active = (step: StepProgress): boolean => openTasks(step) + step.failed > 0;
  const shown = progress.steps.length <= room ? progress.steps : progress.steps.filter(active).slice(0, room);
  return [head, ...shown.map((step) => stepLine(step, nameWidth, now, out))];
}

/** One line for a log: the steps in flight only; empty when there are none. */
export function progressText(progress: RunProgress, now: number): string {
  const steps = progress.steps
    .filter((step) => openTasks(step) > 0)
    .map((step) => {
      const pace = rateAndRest(step, now);
      const parts = [
        `${step.step} ${formatCount(step.succeeded)}/${formatCount(allTasks(step))}`,
        ...underWay(step),
        ...(step.failed > 0 ? [`${formatCount(step.failed)} failed`] : []),
        ...(pace === undefined ? [] : [`${pace.rate.toFixed(1)}/s`, `${formatDuration(pace.restMs)} left`]),
      ];
      return parts.join(', ');
    });
  return steps.length === 0
    ? ''
    : `${progress.address} ${formatDuration(now - progress.startedAt)}: ${steps.join('; ')}`;
}
