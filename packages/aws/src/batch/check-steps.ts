import { isLeatError } from 'leat';
import type { CheckFinding, StepRequest } from 'leat/compute';
import type { EnvironmentFacts, RoleFacts } from '../diagnose/facts.ts';
import { checkStep, type StepPlace } from './check-step.ts';
import { aboutLinks } from './link-life.ts';
import { openSurroundings } from './collect/api.ts';
import { environmentFacts } from './collect/environment-facts.ts';
import { imageExists } from './collect/images.ts';
import { instanceShapes } from './collect/instance-shapes.ts';
import { roleFacts } from './collect/roles.ts';
import type { ParsedOptions } from './options.ts';
import type { KnownQueue, Queues } from './queues.ts';

/** No run waits longer than this for what only a check wants to know, in milliseconds. */
const patienceMs = 20_000;

/** What a check asks. */
export interface CheckFacts {
  readonly queues: Queues;
  readonly region: string;
  /** See `Datastore.linksEndAt`. */
  readonly linksEndAt: () => Promise<number | undefined>;
}

/**
 * Finds out about the places where steps are to run, and judges. What may not be asked is not judged: whoever may only submit jobs can.
 *
 * @throws LeatError LAYER_FAILED when Batch does not answer
 */
export async function checkSteps(
  requests: readonly StepRequest[],
  { queues, region, linksEndAt }: CheckFacts,
): Promise<readonly CheckFinding[]> {
  const collector = new Collector(region);
  try {
    const findings: CheckFinding[] = [];
    for (const request of requests) {
      const options = request.options as unknown as ParsedOptions;
      const known = await allowed(async () => queues.get(options.queue));
      if (known === undefined) continue;
      findings.push(...checkStep(request, await collector.place(known, options)));
    }
    const [first] = requests;
    return first === undefined ? [] : [...findings, ...(await linkNote(first.step, linksEndAt))];
  } finally {
    collector.close();
  }
}

/** Remembers what it has found out: steps mostly share a queue, an image, roles. */
class Collector {
  readonly #region: string;
  readonly #surroundings = openSurroundings();
  readonly #signal = AbortSignal.timeout(patienceMs);
  readonly #known = new Map<string, Promise<unknown>>();

  constructor(region: string) {
    this.#region = region;
  }

  async place(
    { queue, environments, platform }: KnownQueue,
    { image, jobRole, executionRole }: ParsedOptions,
  ): Promise<StepPlace> {
    const arns = [jobRole, executionRole].filter((arn) => arn !== undefined);
    const [facts, roles, found] = await Promise.all([
      Promise.all(environments.map(async (each) => this.#withShapes(environmentFacts(each)))),
      Promise.all(arns.map(async (arn) => [arn, await this.#role(arn)] as const)),
      this.#once(`image ${image}`, async () =>
        imageExists(this.#surroundings, image, this.#region, this.#signal),
      ),
    ]);
    return {
      region: this.#region,
      platform,
      environments: facts,
      roles: Object.fromEntries(
        roles.filter((entry): entry is [string, RoleFacts] => entry[1] !== undefined),
      ),
      images: found === undefined ? {} : { [image]: found },
      queue:
        queue === undefined
          ? 'missing'
          : {
              ...(queue.state === undefined ? {} : { state: queue.state }),
              ...(queue.status === undefined ? {} : { status: queue.status }),
              ...(queue.statusReason === undefined ? {} : { statusReason: queue.statusReason }),
              fairShare: queue.schedulingPolicyArn !== undefined && queue.schedulingPolicyArn !== '',
            },
    };
  }

  close(): void {
    this.#surroundings.close();
  }

  async #withShapes(environment: EnvironmentFacts): Promise<EnvironmentFacts> {
    const types = environment.instanceTypes;
    if (types === undefined) return environment;
    const shapes = await this.#once(`types ${types.join(' ')}`, async () =>
      instanceShapes(this.#surroundings, types, this.#signal),
    );
    return shapes === undefined ? environment : { ...environment, shapes };
  }

  async #role(arn: string): Promise<RoleFacts | undefined> {
    return this.#once(`role ${arn}`, async () => roleFacts(this.#surroundings, arn, this.#signal));
  }

  async #once<T>(key: string, ask: () => Promise<T>): Promise<T | undefined> {
    const known = this.#known.get(key) as Promise<T | undefined> | undefined;
    const asked = known ?? allowed(ask);
    this.#known.set(key, asked);
    return asked;
  }
}

async function linkNote(
  step: string,
  linksEndAt: CheckFacts['linksEndAt'],
): Promise<readonly CheckFinding[]> {
  try {
    return [{ step, ...aboutLinks(await linksEndAt(), Date.now()) }];
  } catch {
    // What is wrong with the datastore is said where it is opened.
    return [];
  }
}

/** `undefined`: it may not be asked, or did not answer. */
async function allowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    // That Batch itself does not answer is not for the check to hide.
    if (isLeatError(error)) throw error;
    return undefined;
  }
}
