/** One simulated run from one seed: what became of it, and what to tell when something became of it that must not. */
import { checkEnd } from './check-end.fixture.ts';
import { Operator } from './operator.fixture.ts';
import { describeScenario } from './describe-scenario.fixture.ts';
import { families, type Family, makeScenario } from './scenario.fixture.ts';
import { Violation } from './violation.fixture.ts';
import { World } from './world.fixture.ts';

/** How much a simulated run went through. */
export interface Tally {
  readonly status: string;
  readonly tasks: number;
  readonly engines: number;
  readonly events: number;
  /** Virtual, in milliseconds. */
  readonly lasted: number;
}

export interface Failure {
  readonly seed: number;
  readonly message: string;
  readonly task: string | undefined;
}

export type Outcome = { readonly tally: Tally } | { readonly failure: Failure };

/** No run takes longer than this. In milliseconds. */
const longest = 40 * 24 * 3_600_000;

/**
 * Simulates the run of a seed.
 *
 * @param story takes what happened, line by line
 */
export async function simulate(
  seed: number,
  { without = new Set(), story }: { readonly without?: ReadonlySet<Family>; readonly story?: string[] } = {},
): Promise<Outcome> {
  const world = new World(makeScenario(seed, without), story);
  const { ledger, metadata, clock } = world;
  const unhandled = (error: unknown): void => {
    world.violate(
      new Violation(
        `nobody has handled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      ),
    );
  };
  process.on('unhandledRejection', unhandled);
  try {
    const tooLong = clock.pause(longest).then(() => {
      throw new Violation('it does not end');
    });
    await clock.run(Promise.race([new Operator(world).see(), world.violated, tooLong]));
    const lasted = world.time;
    // What is still on its way finds that the run has ended.
    await clock.run(Promise.race([clock.pause(3_600_000), world.violated]));
    await checkEnd(world);
    const { ended = '', results, engines } = ledger;
    return { tally: { status: ended, tasks: results.size, engines, events: metadata.log.length, lasted } };
  } catch (error) {
    const message =
      error instanceof Violation
        ? error.message
        : error instanceof Error
          ? (error.stack ?? '')
          : String(error);
    return { failure: { seed, message, task: error instanceof Violation ? error.task : undefined } };
  } finally {
    process.off('unhandledRejection', unhandled);
  }
}

/** Families of trouble without which a seed still fails. */
async function superfluous(seed: number): Promise<readonly Family[]> {
  const without = new Set<Family>();
  for (const family of families) {
    const outcome = await simulate(seed, { without: new Set([...without, family]) });
    if ('failure' in outcome) without.add(family);
  }
  return [...without];
}

/** What a person needs to find the defect: the scenario, made smaller, the end of the story, and how to see all of it. */
export async function tellFailure(seed: number): Promise<string> {
  const without = await superfluous(seed);
  const story: string[] = [];
  const outcome = await simulate(seed, { without: new Set(without), story });
  if (!('failure' in outcome))
    return `seed ${seed} fails, and not when it is run again: something depends on more than the seed`;
  const { message, task } = outcome.failure;
  const about = task === undefined ? story : story.filter((line) => mentions(line, task));
  return [
    `seed ${seed}: ${message}`,
    ...describeScenario(makeScenario(seed, new Set(without))).map((line) => `  ${line}`),
    `  last of ${task === undefined ? 'all' : `'${task}'`}:`,
    ...about.slice(-20).map((line) => `  ${line.slice(0, 400)}`),
    `  again: npm run simulate -- --seed ${seed} --trace${without.length > 0 ? ` --without ${without.join(',')}` : ''}`,
  ].join('\n');
}

/** Whether a line of the story is about a task, or about no task at all. */
function mentions(line: string, task: string): boolean {
  return line.includes(`'${task}`) || line.includes(`"${task}"`) || !line.includes('log: ');
}
