import { checkFlow, type PackageSize, resolveHome } from '../../run/index.ts';
import { formatBytes, plural } from '../output/format.ts';
import type { Terminal } from '../output/terminal.ts';
import { planText } from './run.ts';

export interface CheckCommand {
  readonly terminal: Terminal;
  readonly flow: string;
  readonly options: {
    readonly with?: readonly string[];
    readonly json?: boolean;
    readonly home?: string;
    readonly profile?: string;
  };
}

/** A package of this size is worth a line: each remote task fetches it. In bytes. */
const notable = 25_000_000;

const sizeText = ({ bytes, files, largest }: PackageSize): string =>
  `the code package has ${formatBytes(bytes)} in ${plural(files, 'file')} for other machines; the largest: ${largest
    .map((file) => `${file.name} (${formatBytes(file.bytes)})`)
    .join(', ')}`;

/** `leat check FLOW`: everything that `leat run` would refuse, without a run. */
export async function check({ terminal, flow, options }: CheckCommand): Promise<number> {
  const { prepared, findings, size } = await checkFlow({
    file: flow,
    home: resolveHome(options),
    with: options.with ?? [],
  });
  const { graph, plan, built } = prepared;
  const told = (wanted: 'warning' | 'note'): readonly string[] =>
    findings.flatMap(({ level, message }) => (level === wanted ? message : []));
  const warnings = [...built.warnings, ...told('warning')];
  const notes = told('note');
  if (options.json === true) {
    terminal.out.write(
      `${JSON.stringify({ flow: graph.flow, steps: graph.steps.length, warnings, notes, package: { hash: built.hash, ...size }, plan })}\n`,
    );
    return 0;
  }
  for (const warning of warnings)
    terminal.err.write(`${terminal.err.style('yellow', 'warning')} ${warning}\n`);
  terminal.out.write(
    `${terminal.out.style('green', '✓')} ${graph.flow}: ${plural(graph.steps.length, 'step')}, the graph is good\n`,
  );
  for (const note of notes) terminal.out.write(`${note}\n`);
  if (size.bytes > notable) terminal.out.write(`${sizeText(size)}\n`);
  const text = planText(plan);
  if (text !== undefined) terminal.out.write(`${text}\n`);
  return 0;
}
