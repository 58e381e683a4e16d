import { predict } from '../fixtures/predict.fixture.ts';
import type { Fate, Scenario } from './scenario.fixture.ts';

/** The scenario in a few lines. */
export function describeScenario(scenario: Scenario): readonly string[] {
  const { flow, limits, fates, rivals, faults, storms, stores, latency, jumps, cancel, calmAt } = scenario;
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
  const steps = flow.plan.graph.steps.map(({ name, next }) => {
    const { retry, timeoutSeconds, catchError, concurrency, isolation, chunk, layer } =
      flow.plan.steps[name]!;
    const marks = [
      retry.times > 0 ? `retry ${retry.times}` : '',
      timeoutSeconds === undefined ? '' : 'timeout',
      catchError === undefined ? '' : 'catch',
      concurrency === undefined ? '' : `at most ${concurrency}`,
      isolation === undefined ? '' : `chunks of ${chunk ?? 'any'}`,
      layer === 'simulated' ? '' : layer,
    ].filter((mark) => mark !== '');
    return `${name}(${next.kind}${marks.length > 0 ? `; ${marks.join(', ')}` : ''})`;
  });
  const fateOf = (fate: Fate | undefined): string =>
    fate === undefined
      ? 'lives'
      : fate.pauseMs === undefined
        ? `dies at ${fate.after ?? 'call'} ${fate.at}`
        : `stops at ${fate.after ?? 'call'} ${fate.at} for ${seconds(fate.pauseMs)}`;
  return [
    `flow: ${steps.join(' → ')}`,
    `tasks: ${predict(flow).size}; ${scenario.conduct.describe()}`,
    `limits: ${JSON.stringify(limits)}`,
    `engines: ${fates.map(fateOf).join(', ') || 'live'}${rivals.length > 0 ? `; rivals at ${rivals.map(seconds).join(', ')}` : ''}; jobs ${scenario.diesWithEngine ? 'die with them' : 'outlive them'}`,
    `layer: ${JSON.stringify(faults)}, capacity ${scenario.capacity ?? 'unbounded'}, ${scenario.longPoll ? 'long polls' : 'short polls'}, ${scenario.tokens ? 'tokens' : 'no tokens'}, starts ${seconds(scenario.startMs[1])}`,
    `storms: ${storms.map(({ from, to, faults: of }) => `${seconds(from)}–${seconds(to)} ${JSON.stringify(of)}`).join('; ') || 'none'}`,
    `stores: ${JSON.stringify(stores)}; latency: ${JSON.stringify(latency)}; clock: ${jumps.map(({ at, by }) => `${seconds(by)} at ${seconds(at)}`).join(', ') || 'steady'}`,
    `${cancel === undefined ? '' : `cancelled${cancel.force ? ' by force' : ''} at ${cancel.jobs === undefined ? seconds(cancel.at) : `job ${cancel.jobs}`}; `}calm from ${seconds(calmAt)} on`,
  ];
}
