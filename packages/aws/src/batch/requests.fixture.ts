import type { AttemptRequest, ResolvedResources } from 'leat/compute';
import { conformanceRequest } from '@leat/testing';
import { parseBatchOptions } from './options.ts';

/** Resources as a plan resolves them: what is not given is a default. */
export function resourcesOf(asked: Partial<Record<keyof ResolvedResources, number>> = {}): ResolvedResources {
  const value = (name: keyof ResolvedResources, otherwise: number) =>
    ({
      value: asked[name] ?? otherwise,
      origin: asked[name] === undefined ? 'default' : '@resources',
    }) as const;
  return { cpu: value('cpu', 1), memory: value('memory', 0), gpu: value('gpu', 0), disk: value('disk', 0) };
}

/** An attempt for the queue `main`. */
export function requestOf(over: Partial<AttemptRequest> = {}): AttemptRequest {
  const options = parseBatchOptions({ queue: 'main' }, {}) as unknown as AttemptRequest['options'];
  return conformanceRequest('succeed', { resources: resourcesOf(), options, ...over });
}
