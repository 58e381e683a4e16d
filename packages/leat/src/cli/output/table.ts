import { stripVTControlCharacters } from 'node:util';

/** A column: its title, and whether its cells stand to the right (numbers). */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

const width = (text: string): number => stripVTControlCharacters(text).length;

/**
 * Lines of a table, columns two spaces apart, no frame: easy to read, easy to cut. Cells may hold colour codes.
 *
 * @example renderTable([{ title: 'step' }, { title: 'tasks', right: true }], [['train', '12']])
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, i) =>
    Math.max(width(column.title), ...rows.map((row) => width(row[i] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(cell)));
        return columns[i]?.right ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}
