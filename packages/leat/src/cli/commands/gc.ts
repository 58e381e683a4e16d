import { collect, resolveHome } from '../../run/index.ts';
import { formatBytes, plural } from '../output/format.ts';
import { jsonText } from '../output/json.ts';
import type { Terminal } from '../output/terminal.ts';

export interface GcCommand {
  readonly terminal: Terminal;
  readonly options: {
    readonly keep?: number;
    readonly olderThan?: number;
    readonly grace: number;
    readonly dryRun?: boolean;
    readonly json?: boolean;
    readonly home?: string;
    readonly metadata?: string;
    readonly datastore?: string;
    readonly profile?: string;
  };
}

const hourMs = 3_600_000;

/** `leat gc`. */
export async function gc({ terminal, options }: GcCommand): Promise<number> {
  const { keep, olderThan, grace, dryRun = false } = options;
  const found = await collect(resolveHome(options), {
    dryRun,
    graceMs: grace * hourMs,
    ...(keep === undefined ? {} : { keep }),
    ...(olderThan === undefined ? {} : { olderThan: Date.now() - olderThan * 24 * hourMs }),
  });
  if (options.json === true) {
    const runs = found.runs.map(({ flow, id }) => `${flow}/${id}`);
    terminal.out.write(jsonText({ ...found, runs, dryRun }, false));
    return 0;
  }
  for (const { flow, id } of found.runs) terminal.out.write(`${flow}/${id}\n`);
  const what = `${plural(found.runs.length, 'run')}, ${plural(found.objects, 'file')}, ${formatBytes(found.bytes)}`;
  terminal.err.write(
    `${dryRun ? 'would delete' : 'deleted'} ${what}; ${plural(found.keptRuns, 'run')} kept\n`,
  );
  return 0;
}
