import type { Output, Terminal } from './terminal.ts';

/** A stream without colour that keeps what was written. */
export class TextOutput implements Output {
  text = '';
  readonly isTerminal: boolean;
  readonly columns: number = 100;
  readonly rows: number = 40;

  constructor(isTerminal = false) {
    this.isTerminal = isTerminal;
  }

  write(text: string): void {
    this.text += text;
  }

  async drained(): Promise<void> {} // nobody reads it meanwhile

  style(_style: unknown, text: string): string {
    return text;
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  /** The lines as JSON values. */
  get json(): unknown[] {
    return this.lines.map((line) => JSON.parse(line) as unknown);
  }
}

/** The two streams of a command that a test looks at. */
export interface TextTerminal extends Terminal {
  readonly out: TextOutput;
  readonly err: TextOutput;
}

export const textTerminal = (): TextTerminal => ({ out: new TextOutput(), err: new TextOutput() });

/** One where somebody sits who gives these answers, one after the other; the questions are in `err`. */
export function answeringTerminal(answers: readonly string[]): TextTerminal {
  const terminal = textTerminal();
  const left = [...answers];
  const ask = async (question: string): Promise<string> => {
    terminal.err.write(`${question}\n`);
    return left.shift() ?? '';
  };
  return { ...terminal, ask };
}
