import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleHome, trainGraph } from '../client/sample-runs.fixture.ts';
import { findOrigin } from './find-origin.ts';

let home: SampleHome;
beforeEach(() => {
  home = new SampleHome();
});
afterEach(async () => home.dispose());

const find = async (told?: string): Promise<string> => {
  const { flow, id } = await findOrigin(await home.metadata, told, 'user:ada');
  return `${flow}/${id}`;
};

describe('the run to resume', () => {
  it('is the newest that did not succeed and that nobody drives', async () => {
    await expect(find()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await (await home.run(trainGraph)).end('failed');
    const abandoned = await home.run(trainGraph);
    await (await home.run(trainGraph)).end('succeeded');
    await (await home.run(trainGraph, { namespace: 'user:bob' })).end('failed');
    expect(await find()).toBe('TrainFlow/1');
    await (await home.metadata).releaseLease(abandoned.lease);
    expect(await find()).toBe('TrainFlow/2');
  });

  it('is found behind many that succeeded', async () => {
    await (await home.run(trainGraph)).end('failed');
    for (let more = 0; more < 120; more += 1) await (await home.run(trainGraph)).end('succeeded');
    expect(await find()).toBe('TrainFlow/1');
  });

  it('may be named, or be the latest of a flow, but not while it goes on', async () => {
    const ended = await home.run(trainGraph);
    await ended.end('succeeded');
    expect([await find('TrainFlow/1'), await find('TrainFlow'), await find('TrainFlow/latest')]).toEqual(
      Array.from({ length: 3 }, () => 'TrainFlow/1'),
    );
    await home.run(trainGraph);
    for (const told of ['TrainFlow/2', 'TrainFlow/latest']) {
      await expect(find(told)).rejects.toMatchObject({
        code: 'LEASE_LOST',
        message: "'TrainFlow/2' still goes on: 'engine' drives it",
      });
    }
  });

  it.each([
    ['TrainFlow/9', 'NOT_FOUND'],
    ['OtherFlow', 'NOT_FOUND'],
    ['TrainFlow/1/train[3]', 'USAGE'],
    ['no address', 'USAGE'],
  ])('%s: %s', async (told, code) => {
    await expect(find(told)).rejects.toMatchObject({ code });
  });
});
