/** Tasks in containers whose results are kept in S3. */
import { MotoServer } from '@leat/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LeatOnLayer } from './leat-on-layer.ts';
import { openEngine, type TestEngine } from './test-engine.ts';

let engine: TestEngine;
let moto: MotoServer;
beforeAll(async () => {
  [engine, moto] = await Promise.all([openEngine(), MotoServer.start()]);
  await moto.createBucket('leat-containers');
});
afterAll(async () => {
  await moto.stop();
  await engine.close();
});

const secret = 'a-secret-that-nobody-prints';

const flow = `
import { Flow, step, type Inputs } from 'leat';
export default class FarFlow extends Flow {
  declare squares: number[]; declare square: number; declare told: string[];
  @step start() {
    this.told = [...new Set([...Object.keys(process.env)].filter((name) => name.startsWith('LEAT_')))];
    this.next(this.fan, { foreach: [1, 2] });
  }
  @step fan(item: number) { this.square = item * item; console.log('at', item); this.next(this.join); }
  @step join(inputs: Inputs<FarFlow>) { this.squares = inputs.map(({ square }) => square); this.next(this.end); }
  @step end() {}
}`;

it('they reach it with what Leat was given, which stands in no place that others see', async () => {
  const leat = new LeatOnLayer('container', {
    ...engine.environment,
    ...moto.env,
    AWS_SECRET_ACCESS_KEY: secret,
    LEAT_DATASTORE: 's3://leat-containers/data',
  });
  try {
    leat.write('flow.ts', flow);
    const started = leat.start(['run', 'flow.ts']);
    let seen = 0;
    const over = new AbortController();
    const done = started.done.finally(() => over.abort());
    while (!over.signal.aborted) {
      const shown = await engine.inspectAll();
      if (shown.includes('leat.engine')) seen += 1;
      expect(shown).not.toContain(secret);
    }
    const { exitCode, stderr } = await done;
    expect([exitCode, stderr]).toEqual([0, expect.anything()]);
    expect(seen).toBeGreaterThan(0);
    const all = await leat.artifacts('FarFlow/1');
    expect(all.get('join')?.['squares']).toEqual([1, 4]);
    expect(stderr).not.toContain(secret);
    const lines = await leat.json<{ text: string }[]>('logs', 'FarFlow/1/fan[1]');
    expect(lines.map(({ text }) => text)).toEqual(['at 2']);
  } finally {
    leat.dispose();
  }
});
