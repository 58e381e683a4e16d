/** Addresses as people write them: `TrainFlow/417/train[3]@1`, `TrainFlow/latest`, `TrainFlow/417/end.best`. */
import { parseTask } from '../datastore/keys.ts';
import { LeatError } from '../errors/index.ts';

/** What an address names; parts that it leaves out are absent. */
export interface Address {
  readonly flow: string;
  /** A number, or `latest`. */
  readonly run?: string;
  /** Address within the run, `train[3]`. */
  readonly task?: string;
  readonly attempt?: number;
  readonly artifact?: string;
}

const form =
  /^(?<flow>[^/@.\s]+)(?:\/(?<run>\d+|latest)(?:\/(?<task>[^/@.\s]+)(?:@(?<attempt>\d+))?(?:\.(?<artifact>[\p{L}_$][\p{L}\p{N}_$]*))?)?)?\/?$/u;

const shapes =
  'TrainFlow, TrainFlow/417, TrainFlow/latest, TrainFlow/417/train[3], TrainFlow/417/train[3]@1, TrainFlow/417/end.best';

/**
 * Takes an address apart. Throws `USAGE` for what is none.
 *
 * @example parseAddress('TrainFlow/417/train[3]@1') // { flow: 'TrainFlow', run: '417', task: 'train[3]', attempt: 1 }
 */
export function parseAddress(text: string): Address {
  const groups = form.exec(text)?.groups;
  const { flow, run, task, attempt, artifact } = groups ?? {};
  if (flow === undefined || (task !== undefined && parseTask(task) === undefined)) {
    throw new LeatError('USAGE', `'${text}' is no address of a flow, run, task or artifact`, {
      hint: `Addresses look like: ${shapes}. In a shell, put one with brackets in quotes.`,
    });
  }
  return {
    flow,
    ...(run === undefined ? {} : { run }),
    ...(task === undefined ? {} : { task }),
    ...(attempt === undefined ? {} : { attempt: Number(attempt) }),
    ...(artifact === undefined ? {} : { artifact }),
  };
}

type Depth = 'run' | 'task' | 'artifact';

/** {@link parseAddress} for a call that needs at least so much. Throws `USAGE` when less is named. */
export function parseAddressOf<D extends Depth>(text: string, depth: D): Address & AtDepth<D> {
  const address = parseAddress(text);
  if (address[depth] === undefined) {
    const example = {
      run: 'TrainFlow/417',
      task: 'TrainFlow/417/train[3]',
      artifact: 'TrainFlow/417/end.best',
    }[depth];
    throw new LeatError('USAGE', `'${text}' names no ${depth}`, {
      hint: `An address like ${example} is expected.`,
    });
  }
  return address as Address & AtDepth<D>;
}

/** What is surely there at each depth. */
type AtDepth<D extends Depth> = D extends 'run'
  ? { readonly run: string }
  : D extends 'task'
    ? { readonly run: string; readonly task: string }
    : { readonly run: string; readonly task: string; readonly artifact: string };
