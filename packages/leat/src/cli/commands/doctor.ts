import { exitCodes } from '../../errors/index.ts';
import { examine, type Examined, type Finding, resolveHome } from '../../run/index.ts';
import { plural } from '../output/format.ts';
import { jsonText } from '../output/json.ts';
import type { Output, Style, Terminal } from '../output/terminal.ts';

export interface DoctorCommand {
  readonly terminal: Terminal;
  /** A run or a flow; everything unless told. */
  readonly what?: string | undefined;
  readonly options: {
    readonly quick?: boolean;
    readonly repair?: boolean;
    readonly json?: boolean;
    readonly home?: string;
    readonly metadata?: string;
    readonly datastore?: string;
    readonly profile?: string;
  };
}

const styles: Readonly<Record<Finding['level'], Style>> = {
  error: ['red', 'bold'],
  warning: 'yellow',
  note: 'cyan',
};

/** The lines of a finding, for people. */
export function findingLines(finding: Finding, out: Pick<Output, 'style'>): readonly string[] {
  const { level, message, meaning, path, key, repair, repaired } = finding;
  return [
    `${out.style(styles[level], level)} ${message}`,
    `  ${meaning}`,
    ...(path === undefined || message.includes(path) ? [] : [`  at ${out.style('cyan', path)}`]),
    ...(key === undefined || path !== undefined || message.includes(key) ? [] : [`  at ${key}`]),
    ...(repaired === undefined ? [] : [`  ${out.style('green', 'done')}: ${repaired}`]),
    ...(repair === undefined ? [] : [`  ${out.style('green', 'fix')}: ${repair}`]),
  ];
}

/** The last line. */
export function verdict({ findings, runs, manifests, objects }: Examined): string {
  const looked = `${plural(runs, 'run')}, ${plural(manifests, 'result')}, ${plural(objects, 'object')} checked`;
  if (findings.error + findings.warning === 0) return `healthy: ${looked}`;
  return `${plural(findings.error, 'error')}, ${plural(findings.warning, 'warning')}: ${looked}`;
}

/** `leat doctor`. Exit code 0 when nothing that was committed is lost, else that of the stores' errors. */
export async function doctor({ terminal, what, options }: DoctorCommand): Promise<number> {
  const { quick = false, repair = false, json = false } = options;
  const { out, err } = terminal;
  const clear = (): void => {
    if (err.isTerminal) err.write('\r\x1B[K');
  };
  const examined = await examine(resolveHome(options), {
    what,
    quick,
    repair,
    report: (finding) => {
      clear();
      if (json) out.write(jsonText(finding, false));
      else out.write(`${findingLines(finding, out).join('\n')}\n`);
    },
    progress: ({ runs, manifests, objects }) => {
      if (!err.isTerminal) return;
      const looked = `${plural(runs, 'run')}, ${plural(manifests, 'result')}, ${plural(objects, 'object')}`;
      err.write(`\r\x1B[Kchecking: ${looked}`);
    },
  });
  clear();
  if (json) out.write(jsonText({ examined }, false));
  else err.write(`${verdict(examined)}\n`);
  return examined.findings.error === 0 ? exitCodes.ok : exitCodes.store;
}
