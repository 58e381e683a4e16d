import { writeFileSync } from 'node:fs';

import { LeatError } from '../../errors/index.ts';
import { pricesOf } from '../../home/profile-defaults.ts';
import { describePlan } from '../../plan/describe-plan.ts';
import type { RunPlan } from '../../plan/plan.ts';
import { type AnnouncedRun, prepareFlow, resolveHome, startRun } from '../../run/index.ts';
import { shownCommand } from '../output/shown-command.ts';
import { parameterHelp } from '../output/parameter-help.ts';
import type { Terminal } from '../output/terminal.ts';
import { followRun, makeReporter, type Reporter } from '../live/follow-run.ts';

/** Options that `run`, `resume` and `recover` share. */
export interface DriveFlags {
  readonly with?: readonly string[];
  readonly maxWorkers?: number;
  readonly failFast?: boolean;
  readonly speculate?: boolean;
  readonly detach?: boolean;
  readonly tag?: readonly string[];
  readonly runIdFile?: string;
  readonly namespace?: string;
  readonly home?: string;
  readonly metadata?: string;
  readonly datastore?: string;
  readonly profile?: string;
  readonly prices?: string;
  readonly json?: boolean;
}

export interface RunCommand {
  readonly terminal: Terminal;
  /** The first argument that is no option of the command: the flow file, if all is well. */
  readonly flow: string | undefined;
  /** What commander did not know: the flow's parameters. */
  readonly rest: readonly string[];
  readonly options: DriveFlags & { readonly params?: string; readonly help?: boolean };
  /** Prints the command's own help. */
  readonly showHelp: () => void;
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

interface Announcement {
  /** From now on signals are the run's. */
  readonly exists: () => void;
  /** An engine before has driven it. */
  readonly recovered?: boolean;
}

/** Says that the run exists: first to whoever waits for the file, then to whoever watches. */
export const announce =
  (reporter: Reporter, file: string | undefined, { exists, recovered = false }: Announcement) =>
  (announced: AnnouncedRun): void => {
    exists();
    writeRunIdFile(file, announced.address);
    reporter.started(announced, recovered);
  };

async function help({ terminal, flow, options, showHelp }: RunCommand): Promise<number> {
  const file = flowFile(flow);
  const prepared = file === undefined ? undefined : await prepareFlow({ file, home: resolveHome(options) });
  showHelp();
  if (prepared !== undefined) terminal.out.write(parameterHelp(prepared.description));
  return 0;
}

/** The flow file, when it stands where it belongs. */
const flowFile = (flow: string | undefined): string | undefined => (flow?.startsWith('-') ? undefined : flow);

const isFlowFile = (text: string): boolean => /\.[cm]?[jt]sx?$/.test(text);

function noFlowFile({ flow, rest }: RunCommand): LeatError {
  if (flow === undefined)
    return new LeatError('USAGE', 'leat run needs a flow file', { hint: 'leat run flow.ts' });
  const words = [flow, ...rest];
  const file = words.find(isFlowFile);
  const right = [file ?? 'flow.ts', ...words.filter((word) => word !== file)].join(' ');
  return new LeatError('USAGE', `name the flow file first: '${flow}' may be a parameter of it`, {
    hint: `leat run ${right}`,
  });
}

/** `leat run FLOW`. */
export async function run(command: RunCommand): Promise<number> {
  const { terminal, options, rest } = command;
  if (options.help === true) return help(command);
  const file = flowFile(command.flow);
  if (file === undefined) throw noFlowFile(command);
  const home = resolveHome(options);
  writeRunIdFile(options.runIdFile, '');
  const reporter = makeReporter(terminal, options.json === true);
  return followRun({
    reporter,
    detach: options.detach,
    start: async (exists) =>
      startRun({
        file,
        home,
        prices: pricesOf(options.prices, home.profile),
        with: options.with,
        maxWorkers: options.maxWorkers,
        failFast: options.failFast,
        speculate: options.speculate,
        tags: options.tag,
        namespace: options.namespace,
        parameters: { arguments: rest, env: process.env, file: options.params },
        command: shownCommand(process.argv.slice(2)),
        observers: [reporter],
        prepared: ({ plan }) => {
          const text = planText(plan);
          if (text !== undefined) reporter.say(text);
        },
        created: announce(reporter, options.runIdFile, { exists }),
      }),
  });
}
