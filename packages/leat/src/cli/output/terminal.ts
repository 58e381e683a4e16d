/**
 * The two streams of a command: results for programs and people go to stdout, all talk about them to stderr. Colour
 * follows the stream, `NO_COLOR` and `FORCE_COLOR`.
 */
import { once } from 'node:events';
import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** A stream that text is written to, with what is known about it. */
export interface Output {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
  /** Waits until the reader has taken what was written, as far as it does not fit between us: for texts of any length. */
  drained(): Promise<void>;
  /** Colours text when the stream shows colour. */
  style(style: Style, text: string): string;
}

/** What a command may touch of the outside: passed in, so that commands can be run from tests. */
export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  /** Asks whoever sits there and returns the answer, without spaces around it. Absent: nobody does. */
  readonly ask?: (question: string) => Promise<string>;
}

/** A terminal that does not know its size (a serial line, some containers) says that it is 0. */
const known = (size: number | undefined): number | undefined => (size === 0 ? undefined : size);

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    // Asked each time: a terminal may be resized while a run goes on.
    get isTerminal() {
      return stream.isTTY ?? false;
    },
    get columns() {
      return known(stream.columns) ?? 100;
    },
    get rows() {
      return known(stream.rows) ?? 40;
    },
    write: (text) => void stream.write(text),
    drained: async () => {
      if (stream.writableNeedDrain) await once(stream, 'drain');
    },
    style: (style, text) => styleText(style, text, { stream }),
  };
}

/** Questions go to stderr: what stdout gives may be on its way into a file. */
async function askAtTerminal(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}

/** The streams of this process. */
export function processTerminal(): Terminal {
  const streams = { out: outputOf(process.stdout), err: outputOf(process.stderr) };
  const isAnswered = process.stdin.isTTY && process.stderr.isTTY && !process.env['CI'];
  return isAnswered ? { ...streams, ask: askAtTerminal } : streams;
}
