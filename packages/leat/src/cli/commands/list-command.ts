import { LeatError } from '../../errors/index.ts';
import { formatDuration } from '../output/format.ts';
import type { Terminal } from '../output/terminal.ts';
import type { ReadFlags } from './with-client.ts';

/** What `leat list` was asked for. */
export interface ListCommand {
  readonly terminal: Terminal;
  readonly what: string;
  readonly of: string | undefined;
  readonly options: ReadFlags & {
    readonly tag?: readonly string[];
    readonly status?: string;
    readonly step?: string;
    readonly limit?: number;
    readonly after?: string;
  };
}

/** The status that a text names, or `undefined`. @throws USAGE for what is none of `all`. */
export function known<T extends string>(text: string | undefined, all: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const found = all.find((one) => one === text);
  if (found === undefined)
    throw new LeatError('USAGE', `there is no status '${text}'`, {
      hint: `--status takes one of ${all.join(', ')}`,
    });
  return found;
}

/** How long something took, or takes so far. */
export const duration = (from: number | undefined, to: number | undefined): string =>
  from === undefined ? '' : formatDuration((to ?? Date.now()) - from);
