/** A position in a text; lines and columns start at 1. */
export interface FramePosition {
  readonly line: number;
  readonly column: number;
  /** Characters to underline; 1 unless told. */
  readonly length?: number;
}

const linesAround = 2;
const widest = 160;

/**
 * The lines around a position with their numbers, and a mark under it, ready to print.
 *
 * @example
 *   10 |   @step start() {
 * > 11 |     this.next(this.trian);
 *      |                    ^^^^^
 *   12 |   }
 */
export function codeFrame(text: string, { line, column, length = 1 }: FramePosition): string {
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, line - linesAround);
  const last = Math.min(lines.length, line + linesAround);
  const width = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const content = (lines[number - 1] ?? '').slice(0, widest).replaceAll('\t', ' ');
    shown.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${content}`.trimEnd());
    if (number === line && column <= widest)
      shown.push(`  ${' '.repeat(width)} | ${' '.repeat(column - 1)}${mark(content, column, length)}`);
  }
  return shown.join('\n');
}

const mark = (content: string, column: number, length: number): string =>
  '^'.repeat(Math.max(1, Math.min(length, content.length - column + 1)));
