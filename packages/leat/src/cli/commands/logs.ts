import { formatTime } from '../output/format.ts';
import { jsonText } from '../output/json.ts';
import type { Terminal } from '../output/terminal.ts';
import { type ReadFlags, withClient } from './with-client.ts';

export interface LogsCommand {
  readonly terminal: Terminal;
  readonly task: string;
  readonly options: ReadFlags & {
    readonly follow?: boolean;
    readonly attempt?: number;
    readonly timestamps?: boolean;
  };
}

/** `leat logs TASK`: the task's stdout to stdout, its stderr to stderr. */
export async function logs({ terminal, task, options }: LogsCommand): Promise<number> {
  const { follow = false, attempt, timestamps = false, json = false } = options;
  await withClient(options, async (client) => {
    const lines = client.logs(task, { follow, ...(attempt === undefined ? {} : { attempt }) });
    if (json) {
      terminal.out.write(jsonText(await Array.fromAsync(lines), false));
      return;
    }
    for await (const { at, stream, text } of lines) {
      const out = stream === 'stdout' ? terminal.out : terminal.err;
      out.write(`${timestamps ? `${out.style('dim', formatTime(at))} ` : ''}${text}\n`);
    }
  });
  return 0;
}
