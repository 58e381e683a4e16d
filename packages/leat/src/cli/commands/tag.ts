import { LeatError } from '../../errors/index.ts';
import { jsonText } from '../output/json.ts';
import type { Terminal } from '../output/terminal.ts';
import { type ReadFlags, withClient } from './with-client.ts';

export interface TagCommand {
  readonly terminal: Terminal;
  readonly run: string;
  readonly options: ReadFlags & { readonly add?: readonly string[]; readonly remove?: readonly string[] };
}

/** `leat tag RUN --add … --remove …`; without either it prints the tags. */
export async function tag({ terminal, run, options }: TagCommand): Promise<number> {
  const { add = [], remove = [] } = options;
  const both = add.find((one) => remove.includes(one));
  if (both !== undefined) throw new LeatError('USAGE', `the tag '${both}' is both added and removed`);
  const tags = await withClient(options, async (client) => {
    const reader = await client.run(run);
    return add.length + remove.length === 0 ? reader.tags : reader.tag({ add, remove });
  });
  terminal.out.write(options.json === true ? jsonText(tags, false) : tags.map((one) => `${one}\n`).join(''));
  return 0;
}
