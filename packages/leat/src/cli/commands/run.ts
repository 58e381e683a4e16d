import { writeFileSync } from 'node:fs';

import { LeatError } from '../../errors/index.ts';
import { describePlan } from '../../plan/describe-plan.ts';
import type { RunPlan } from '../../plan/plan.ts';
import { prepareFlow, resolveHome, startRun } from '../../run/index.ts';
import { parameterHelp } from '../output/parameter-help.ts';
import type { Terminal } from '../output/terminal.ts';
import { followRun, makeReporter } from '../live/follow-run.ts';

/** Options that `run` and `resume` share. */
export interface DriveFlags {
  readonly with?: readonly string[];
  readonly maxWorkers?: number;
  readonly failFast?: boolean;
  readonly tag?: readonly string[];
  readonly runIdFile?: string;
  readonly namespace?: string;
  readonly home?: string;
  readonly json?: boolean;
}

export interface RunCommand {
  readonly terminal: Terminal;
  readonly flow: string;
  /** What commander did not know: the flow's parameters. */
  readonly rest: readonly string[];
  readonly options: DriveFlags & { readonly params?: string };
  /** The command's own help. */
  readonly help: string;
}

/** The shape of the tasks, where somebody asked for one: said before the first task starts. */
export function planText(plan: RunPlan): string | undefined {
  const asked = Object.values(plan.steps).some(
    ({ layer, resources: { cpu, memory, gpu, disk } }) =>
      layer !== 'local' || [cpu, memory, gpu, disk].some(({ origin }) => origin !== 'default'),
  );
  return asked ? describePlan(plan) : undefined;
}

/** Written before the first task starts, so that whoever waits for it can watch the run; empty until the run exists. */
export function writeRunIdFile(file: string | undefined, address: string): void {
  if (file === undefined) return;
  try {
    writeFileSync(file, address === '' ? '' : `${address}\n`);
  } catch (cause) {
    throw new LeatError('USAGE', `the file of --run-id-file cannot be written: ${file}`, { cause });
  }
}

async function showHelp({ terminal, flow, options, help }: RunCommand): Promise<number> {
  const { description } = await prepareFlow({ file: flow, home: resolveHome(options) });
  terminal.out.write(`${help}${parameterHelp(description)}`);
  return 0;
}

/** `leat run FLOW`. */
export async function run(command: RunCommand): Promise<number> {
  const { terminal, flow, options, rest } = command;
  if (rest.includes('--help') || rest.includes('-h')) return showHelp(command);
  writeRunIdFile(options.runIdFile, '');
  const reporter = makeReporter(terminal, options.json === true);
  return followRun({
    reporter,
    start: async () =>
      startRun({
        file: flow,
        home: resolveHome(options),
        with: options.with,
        maxWorkers: options.maxWorkers,
        failFast: options.failFast,
        tags: options.tag,
        namespace: options.namespace,
        parameters: { arguments: rest, env: process.env, file: options.params },
        command: `leat ${process.argv.slice(2).join(' ')}`,
        observers: [reporter],
        prepared: ({ plan }) => {
          const text = planText(plan);
          if (text !== undefined) reporter.say(text);
        },
        created: (address) => writeRunIdFile(options.runIdFile, address),
      }),
  });
}
