/** What a person sees of a stream of text and control codes: as much of a terminal as the live view uses. */

/** The lines on the screen after each time that the picture was drawn, and at the end. */
export function screens(text: string): readonly (readonly string[])[] {
  const lines: string[] = [''];
  const seen: string[][] = [];
  let [row, column] = [0, 0];
  // Cursor up, clear down, colour, carriage return, line feed, anything else.
  for (const [part, up, clear, colour] of text.matchAll(
    // oxlint-disable-next-line no-control-regex -- control codes are what is looked for
    /\u001B\[(\d+)A|(\u001B\[0?J)|(\u001B\[[\d;]*m)|\r|\n|[^\u001B\r\n]+/g,
  )) {
    if (colour !== undefined) continue;
    if (clear !== undefined) {
      seen.push([...lines]);
      lines.splice(row, lines.length, '');
    } else if (up !== undefined) row = Math.max(0, row - Number(up));
    else if (part === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (part !== '\r') {
      const line = lines[row] ?? '';
      lines[row] = line.slice(0, column).padEnd(column) + part + line.slice(column + part.length);
      column += part.length;
      continue;
    }
    column = up === undefined ? 0 : column;
  }
  return [...seen, lines];
}
