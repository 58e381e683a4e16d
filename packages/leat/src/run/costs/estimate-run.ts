/** About what a run has cost, for layers whose platform sends a bill. */
import { readFile } from 'node:fs/promises';
import type { CostEstimate, LayerFactory } from '../../compute/compute-layer.ts';
import { loadLayer } from '../../compute/registry.ts';
import { LeatError } from '../../errors/index.ts';
import type { RunEvent } from '../../metadata/events.ts';
import type { RunRecord } from '../../metadata/metadata-store.ts';
import type { RunPlan } from '../../plan/plan.ts';
import { UsageMeter } from './usage.ts';

/** An estimate, and for which layer. */
export interface LayerCost extends CostEstimate {
  readonly layer: string;
}

/**
 * Sums up the run's log, layer by layer. Runs on layers that cost nothing are not read at all.
 *
 * @param events those of the run's log, in their order
 * @param prices file with a table of the user's own
 * @throws LeatError OPTION_INVALID when that file cannot be used
 */
export async function estimateRun(
  run: RunRecord,
  events: () => AsyncIterable<RunEvent>,
  prices?: string,
): Promise<readonly LayerCost[]> {
  const plan = run.plan as RunPlan;
  const factories = await payable(plan);
  if (factories.size === 0) return [];
  const table = prices === undefined ? undefined : await readPrices(prices);
  const meters = new Map([...factories.keys()].map((name) => [name, new UsageMeter(plan, new Set([name]))]));
  for await (const event of events()) for (const meter of meters.values()) meter.add(event);
  const now = run.endedAt ?? Date.now();
  return [...factories].flatMap(([layer, factory]) => {
    const usage = meters.get(layer)?.total(now) ?? [];
    const cost = usage.length === 0 ? undefined : factory.estimate?.(usage, table);
    return cost === undefined ? [] : [{ layer, ...cost }];
  });
}

async function payable(plan: RunPlan): Promise<ReadonlyMap<string, LayerFactory>> {
  const names = new Set(Object.values(plan.steps).map(({ layer }) => layer));
  const found = new Map<string, LayerFactory>();
  for (const name of names) {
    // A run may be read where its layer is not installed.
    const factory = await loadLayer(name).catch(() => undefined);
    if (factory?.estimate !== undefined) found.set(name, factory);
  }
  return found;
}

/** @throws LeatError OPTION_INVALID */
async function readPrices(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    throw new LeatError('OPTION_INVALID', `the prices in '${file}' cannot be read: ${String(cause)}`, {
      cause,
    });
  }
}
