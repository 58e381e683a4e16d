import { describe, expect, it } from 'vitest';
import { renderTable } from './table.ts';

describe('renderTable', () => {
  it('gives each column the width of its widest cell, numbers to the right, nothing after the last', () => {
    const lines = renderTable(
      [{ title: 'step' }, { title: 'tasks', right: true }, { title: 'status' }],
      [
        ['start', '1', 'succeeded'],
        ['a long name', '1,000', ''],
      ],
    );
    expect(lines).toEqual([
      'step         tasks  status',
      'start            1  succeeded',
      'a long name  1,000',
    ]);
  });

  it('does not count colours', () => {
    const red = '\u001B[31mfailed\u001B[39m';
    const lines = renderTable(
      [{ title: 'status' }, { title: 'n' }],
      [
        [red, '1'],
        ['succeeded', '2'],
      ],
    );
    expect(lines).toEqual(['status     n', `${red}     1`, 'succeeded  2']);
  });

  it('is its titles when there are no rows, and bears missing cells', () => {
    expect(renderTable([{ title: 'run' }, { title: 'tags' }], [])).toEqual(['run  tags']);
    expect(renderTable([{ title: 'run' }, { title: 'tags' }], [['1']])).toEqual(['run  tags', '1']);
  });
});
