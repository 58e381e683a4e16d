// An engine that hands tasks to the local layer and prints what they print: to be killed by a test.
// node engine.fixture.ts <{ context, requests } as JSON>
import type { AttemptRequest, LayerContext } from '../compute-layer.ts';
import { LocalLayer } from './local-layer.ts';

const { context, requests } = JSON.parse(process.argv[2] ?? '') as {
  context: LayerContext;
  requests: AttemptRequest[];
};
const layer = await LocalLayer.open(context);
layer.expect(2);
for (const result of await layer.submit(requests)) {
  if (!('job' in result)) continue;
  void (async () => {
    for await (const { bytes } of layer.logs(result.job)) process.stdout.write(bytes);
  })();
}
setInterval(() => undefined, 1000);
