import { expect, it } from 'vitest';
import { parseAddress, parseAddressOf } from './address.ts';

it('takes every kind of address apart', () => {
  expect(parseAddress('TrainFlow')).toEqual({ flow: 'TrainFlow' });
  expect(parseAddress('TrainFlow/417')).toEqual({ flow: 'TrainFlow', run: '417' });
  expect(parseAddress('TrainFlow/latest')).toEqual({ flow: 'TrainFlow', run: 'latest' });
  expect(parseAddress('TrainFlow/417/score[3,12]~2@1')).toEqual({
    flow: 'TrainFlow',
    run: '417',
    task: 'score[3,12]~2',
    attempt: 1,
  });
  expect(parseAddress('TrainFlow/417/end.best')).toMatchObject({ task: 'end', artifact: 'best' });
  expect(parseAddress('Été/1/end.größe')).toMatchObject({ flow: 'Été', artifact: 'größe' });
});

it.each(['', '/', 'A/x', 'A/1/b[', 'A/1/b.', 'A/1/b@x', 'A/1/b/c', 'A B/1', 'A/-1'])(
  'refuses %j and shows what addresses look like',
  (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        hint: expect.stringContaining('TrainFlow/417/train[3]') as string,
      }) as Error,
    );
  },
);

it('says what an address does not name', () => {
  expect(() => parseAddressOf('TrainFlow/417', 'task')).toThrow("'TrainFlow/417' names no task");
  expect(() => parseAddressOf('TrainFlow/417/end', 'artifact')).toThrow('names no artifact');
});
