/**
 * A region at the bottom of a terminal that is drawn again and again, with ordinary lines scrolling above it.
 */
import { stripVTControlCharacters } from 'node:util';

import type { Output } from '../output/terminal.ts';

const frameMs = 100;
const clearDown = '\u001B[0J';
const up = (lines: number): string => (lines > 0 ? `\u001B[${lines}A` : '');

/** Cuts a line to the terminal's width: a line that wraps would break the count of lines to go up. */
function fit(line: string, columns: number): string {
  return stripVTControlCharacters(line).length < columns
    ? line
    : stripVTControlCharacters(line).slice(0, columns - 1);
}

export class LiveScreen {
  readonly #out: Output;
  readonly #draw: () => string[];
  #drawn = 0;
  #above = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(out: Output, draw: () => string[]) {
    this.#out = out;
    this.#draw = draw;
  }

  /** Text that scrolls above the region; whole lines. */
  print(text: string): void {
    this.#above += text;
    this.refresh();
  }

  /** Draws soon: many calls make one drawing. */
  refresh(): void {
    this.#timer ??= setTimeout(() => this.#paint(this.#draw()), frameMs);
  }

  /** Draws a last time and leaves the region standing. */
  close(): void {
    this.#paint(this.#draw());
  }

  /** Draws a last time without the region. */
  clear(): void {
    this.#paint([]);
  }

  #paint(lines: readonly string[]): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const region = lines.map((line) => `${fit(line, this.#out.columns)}\n`).join('');
    this.#out.write(`${up(this.#drawn)}\r${clearDown}${this.#above}${region}`);
    this.#above = '';
    this.#drawn = lines.length;
  }
}
