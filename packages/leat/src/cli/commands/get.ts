import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { inspect } from 'node:util';

import { parseAddressOf, StoredFile } from '../../client/index.ts';
import { shownFacts } from '../output/artifact-facts.ts';
import { formatBytes } from '../output/format.ts';
import { jsonText } from '../output/json.ts';
import type { Terminal } from '../output/terminal.ts';
import { notFound } from '../../client/not-found.ts';
import { type ReadFlags, withClient } from './with-client.ts';

export interface GetCommand {
  readonly terminal: Terminal;
  readonly artifact: string;
  readonly options: ReadFlags & { readonly facts?: boolean; readonly output?: string };
}

async function writeStream(file: StoredFile, output: string | undefined): Promise<void> {
  if (output !== undefined) return pipeline(file.stream(), createWriteStream(output));
  for await (const bytes of file.stream()) {
    // A reader that is slower than the disk shall not fill our memory.
    if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
  }
}

/** Bytes and text as they are, so that they can be piped; everything else as Node prints it, or as JSON into a file. */
async function writeValue(value: unknown, { terminal, options }: GetCommand): Promise<void> {
  if (options.json === true) terminal.out.write(jsonText(value, false));
  else if (value instanceof StoredFile) await writeStream(value, options.output);
  else if (options.output !== undefined)
    await writeFile(
      options.output,
      value instanceof Uint8Array || typeof value === 'string' ? value : jsonText(value, true),
    );
  else if (value instanceof Uint8Array && !terminal.out.isTerminal) process.stdout.write(value);
  else if (typeof value === 'string') terminal.out.write(`${value}\n`);
  else
    terminal.out.write(
      `${inspect(value, { depth: null, maxArrayLength: 1000, colors: terminal.out.isTerminal && terminal.out.style('bold', 'x') !== 'x', compact: true, breakLength: terminal.out.columns })}\n`,
    );
}

/** `leat get TASK.artifact`. */
export async function get(command: GetCommand): Promise<number> {
  const { terminal, artifact: address, options } = command;
  await withClient(options, async (client) => {
    const { artifact } = parseAddressOf(address, 'artifact');
    const task = await client.task(address);
    if (options.facts !== true) return writeValue(await task.get(artifact), command);
    const all = await task.artifacts();
    const listing = all.find(({ name }) => name === artifact);
    if (listing === undefined)
      throw notFound(
        `artifact '${artifact}' in '${task.fullAddress}'`,
        artifact,
        all.map(({ name }) => name),
      );
    const facts = await shownFacts(task, listing);
    const { type, size, codec, hash } = facts;
    terminal.out.write(
      options.json === true
        ? jsonText(facts, false)
        : `${type}, ${formatBytes(size)}, ${codec}, sha256 ${hash}\n`,
    );
  });
  return 0;
}
