import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';

import type { SourceFile } from '../../client/index.ts';
import { LeatError } from '../../errors/index.ts';
import { plural } from '../output/format.ts';
import { jsonText } from '../output/json.ts';
import type { Terminal } from '../output/terminal.ts';
import { type ReadFlags, withClient } from './with-client.ts';

export interface CodeCommand {
  readonly terminal: Terminal;
  readonly run: string;
  readonly options: ReadFlags & { readonly output?: string; readonly all?: boolean };
}

/** Paths of a package are relative to its project and may lead out of it; here they stay within the folder. */
function placeOf(folder: string, { path }: SourceFile): string {
  const place = resolve(folder, path.replaceAll(/(^|\/)\.\.(?=\/)/g, '$1outside'));
  if (relative(folder, place).startsWith('..'))
    throw new LeatError('USAGE', `'${path}' would be written outside of '${folder}'`);
  return place;
}

async function writeAll(files: readonly SourceFile[], folder: string): Promise<void> {
  for (const file of files) {
    const place = placeOf(folder, file);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, file.text);
  }
}

/** `leat code RUN`. */
export async function code({ terminal, run, options }: CodeCommand): Promise<number> {
  const files = await withClient(options, async (client) =>
    (await client.run(run)).code({ libraries: options.all === true }),
  );
  if (options.output !== undefined) {
    const folder = resolve(options.output);
    await writeAll(files, folder);
    terminal.err.write(`${plural(files.length, 'file')} in ${folder}\n`);
  } else if (options.json === true) terminal.out.write(jsonText(files, false));
  else
    for (const { path, text } of files)
      terminal.out.write(
        `${terminal.out.style('dim', `// ${path}`)}\n${text}${text.endsWith('\n') ? '' : '\n'}`,
      );
  return 0;
}
