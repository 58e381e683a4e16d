import { pricesOf } from '../../home/profile-defaults.ts';
import { recoverRun, resolveHome } from '../../run/index.ts';
import type { RunSummary } from '../../scheduler/summary.ts';
import { followRun, makeReporter } from '../live/follow-run.ts';
import { plural } from '../output/format.ts';
import type { Terminal } from '../output/terminal.ts';
import { announce, type DriveFlags, writeRunIdFile } from './run.ts';

export interface RecoverCommand {
  readonly terminal: Terminal;
  readonly run: string;
  readonly options: Omit<DriveFlags, 'with' | 'tag'> & { readonly force?: boolean };
}

/** How far the run had come, and what becomes of what was under way. */
export function recoverText(address: string, { steps, inFlight }: RunSummary): string {
  const done = steps.reduce((sum, step) => sum + step.succeeded, 0);
  const parts = [`recovering ${address}: ${plural(done, 'task')} finished`];
  if (inFlight > 0) parts.push(`${inFlight} under way when its engine died, looked up now`);
  return parts.join(', ');
}

/** `leat recover RUN`. */
export async function recover({ terminal, run, options }: RecoverCommand): Promise<number> {
  const home = resolveHome(options);
  writeRunIdFile(options.runIdFile, '');
  const reporter = makeReporter(terminal, options.json === true);
  return followRun({
    reporter,
    detach: options.detach,
    start: async (exists) =>
      recoverRun({
        home,
        prices: pricesOf(options.prices, home.profile),
        run,
        force: options.force,
        namespace: options.namespace,
        maxWorkers: options.maxWorkers,
        failFast: options.failFast,
        speculate: options.speculate,
        observers: [reporter],
        planned: ({ flow, id }, soFar) => reporter.say(recoverText(`${flow}/${id}`, soFar)),
        created: announce(reporter, options.runIdFile, { exists, recovered: true }),
      }),
  });
}
