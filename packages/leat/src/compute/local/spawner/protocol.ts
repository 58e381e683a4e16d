/** What the engine and its spawn server say to each other: one line of JSON each, over the server's standard input and output. */

/** Start a process whose streams are the three named pipes of a slot. */
export interface SpawnRequest {
  readonly id: number;
  /** Path without its ending: the pipes are `<slot>.in`, `<slot>.out`, `<slot>.err`. */
  readonly slot: string;
  /** Arguments of Node. */
  readonly args: readonly string[];
  /** Added to the server's own environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** `ready` once; then for each request `pid` and later an end, or `error` when nothing was started. */
export type SpawnReport =
  | { readonly ready: true }
  | { readonly id: number; readonly pid: number }
  | { readonly id: number; readonly code: number | null; readonly signal: string | null }
  | { readonly id: number; readonly error: string };

/** Calls back with each whole line of a stream of text. */
export function eachLine(input: NodeJS.ReadableStream, line: (text: string) => void): void {
  let rest = '';
  input.setEncoding('utf8');
  input.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) line(one);
  });
}
