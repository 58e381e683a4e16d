import { pricesOf } from '../../home/profile-defaults.ts';
import { resolveHome, resumeRun, type ResumePlan } from '../../run/index.ts';
import { followRun, makeReporter } from '../live/follow-run.ts';
import { plural } from '../output/format.ts';
import { shownCommand } from '../output/shown-command.ts';
import type { Terminal } from '../output/terminal.ts';
import { announce, type DriveFlags, writeRunIdFile } from './run.ts';

export interface ResumeCommand {
  readonly terminal: Terminal;
  readonly run: string | undefined;
  readonly options: DriveFlags & { readonly from?: string; readonly flow?: string };
}

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/** What will be reused, what not, and why. */
export function resumeText(plan: ResumePlan): string {
  const { origin, reusable, fresh, changed, added } = plan;
  const lines = [
    `resuming ${origin.flow}/${origin.id} (${origin.status}): ${plural(reusable, 'task')} of it succeeded and can be reused`,
    ...againLines(plan),
  ];
  if (fresh.length > 0) lines.push(`  ${quoted(fresh)} and all after it run again: --from`);
  if (changed.length > 0)
    lines.push(
      `  the code of ${quoted(changed)} has changed since; results that are there are reused all the same (--from ${changed[0]} runs it again)`,
    );
  if (added.length > 0) lines.push(`  new in the flow: ${quoted(added)}`);
  return lines.join('\n');
}

function againLines({ origin, unfinished: { count, failed }, fresh, added }: ResumePlan): readonly string[] {
  if (count > 0) {
    const others = count - failed.length;
    const named = failed.length === 0 ? plural(count, 'task') : failed.join(', ');
    const more = failed.length > 0 && others > 0 ? ` and ${plural(others, 'other task')}` : '';
    return [
      `  did not succeed there, so it runs: ${named}${more}; then what never started and what comes after`,
    ];
  }
  if (origin.status !== 'succeeded') return ['  what never started there runs'];
  return fresh.length > 0 || added.length > 0
    ? []
    : ['  nothing of it is left to run; --from STEP runs a step and all after it again'];
}

/** `leat resume [RUN]`. */
export async function resume({ terminal, run, options }: ResumeCommand): Promise<number> {
  const home = resolveHome(options);
  writeRunIdFile(options.runIdFile, '');
  const reporter = makeReporter(terminal, options.json === true);
  return followRun({
    reporter,
    detach: options.detach,
    start: async (exists) =>
      resumeRun({
        home,
        prices: pricesOf(options.prices, home.profile),
        run,
        from: options.from,
        file: options.flow,
        with: options.with,
        maxWorkers: options.maxWorkers,
        failFast: options.failFast,
        speculate: options.speculate,
        tags: options.tag,
        namespace: options.namespace,
        command: shownCommand(process.argv.slice(2)),
        observers: [reporter],
        planned: (plan) => reporter.say(resumeText(plan)),
        created: announce(reporter, options.runIdFile, { exists }),
      }),
  });
}
