import type { ResolvedValue, RetryPolicy, RunPlan, StepPlan } from './plan.ts';
import { resourceNames } from './resolve-resources.ts';

/** One row of {@link planRows}: texts for people, each with where its value came from when somebody wrote it. */
export interface PlanRow {
  readonly step: string;
  readonly layer: string;
  readonly cpu: string;
  readonly memory: string;
  readonly gpu: string;
  readonly disk: string;
  readonly retry: string;
  readonly timeout: string;
  readonly process: string;
  readonly concurrency: string;
}

const columns = [
  'step',
  'layer',
  'cpu',
  'memory',
  'gpu',
  'disk',
  'retry',
  'timeout',
  'process',
  'concurrency',
] as const satisfies readonly (keyof PlanRow)[];
const nothing = '–';

/** The plan's steps in the order of the class, ready for a table. */
function planRows(plan: RunPlan): readonly PlanRow[] {
  return plan.graph.steps.flatMap(({ name }) => {
    const step = plan.steps[name];
    return step === undefined ? [] : [rowOf(step)];
  });
}

/**
 * The resolved shape of a run as a table, with where each value came from. Columns in which nobody asked for anything are
 * left out. Below it a line for each layer that has options from the profile.
 */
export function describePlan(plan: RunPlan): string {
  const rows = planRows(plan);
  const shown = columns.filter(
    (column) => column === 'step' || column === 'layer' || rows.some((row) => row[column] !== nothing),
  );
  const table = [
    Object.fromEntries(columns.map((column) => [column, column])) as unknown as PlanRow,
    ...rows,
  ];
  const widths = shown.map((column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    shown
      .map((column, i) => row[column].padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...profileLines(plan)].join('\n');
}

function profileLines(plan: RunPlan): readonly string[] {
  const lines = Object.values(plan.steps).flatMap(({ layer, layerOptions, fromProfile = [] }) => {
    const shown = fromProfile.map((option) => `${option}=${optionText(layerOptions[option])}`);
    return shown.length === 0 ? [] : [`${layer}: ${shown.join(', ')} (profile)`];
  });
  return [...new Set(lines)];
}

const optionText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function rowOf(plan: StepPlan): PlanRow {
  const { step, layer, resources, retry, timeoutSeconds, concurrency } = plan;
  const units = { cpu: '', memory: ' MB', gpu: '', disk: ' MB' };
  const [cpu = '', memory = '', gpu = '', disk = ''] = resourceNames.map((name) =>
    valueText(resources[name], units[name]),
  );
  return {
    step,
    layer,
    cpu,
    memory,
    gpu,
    disk,
    retry: retryText(retry),
    timeout: durationText(timeoutSeconds),
    process: processText(plan),
    concurrency: concurrency === undefined ? nothing : `${concurrency} at once`,
  };
}

function processText({ isolation, chunk }: StepPlan): string {
  if (isolation !== 'reuse') return nothing;
  return chunk === undefined ? 'many tasks' : `${chunk} tasks`;
}

function valueText({ value, origin }: ResolvedValue<number>, unit: string): string {
  return origin === 'default' ? nothing : `${value}${unit} (${origin})`;
}

function retryText({ times, waitSeconds, backoff }: RetryPolicy): string {
  if (times === 0) return nothing;
  const wait =
    waitSeconds === 0
      ? ''
      : ` after ${durationText(waitSeconds)}${backoff === 'exponential' ? ', doubling' : ''}`;
  return `${times}×${wait}`;
}

function durationText(seconds: number | undefined): string {
  if (seconds === undefined) return nothing;
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [Math.round((seconds % 60) * 1000) / 1000, 's'],
  ] as const;
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count} ${unit}`)
      .join(' ') || '0 s'
  );
}
