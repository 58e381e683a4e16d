import { Leat } from '../cli/leat.ts';

const commandsThatPlan: ReadonlySet<string> = new Set(['run', 'resume', 'check']);

/** The command line with `--with <layer>` on every run: the same flows, elsewhere. */
export class LeatOnLayer extends Leat {
  readonly #with: string;

  /** @param layer as after `--with`: `container:network=none` */
  constructor(layer: string, env: NodeJS.ProcessEnv = {}) {
    super(env);
    this.#with = layer;
  }

  override start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ReturnType<Leat['start']> {
    const [command = ''] = args;
    return super.start(commandsThatPlan.has(command) ? [...args, '--with', this.#with] : args, env);
  }
}
