import { tmpdir } from 'node:os';
import type { PreparedLayer } from '../compute-layer.ts';
import { compileCache } from './compile-cache.ts';
import { lastLaunch, plainLaunch, taskEnvironment } from './job-spec.ts';
import { endStandby, type Standby } from './process-pool.ts';
import { ProcessStarter } from './process-starter.ts';
import { Reaper } from './reaper.ts';

/** A run begins with at least two tasks, one after the other: often it has no more. */
const launches = [plainLaunch, lastLaunch];

/** The reaper and the first processes, started while the flow is still being bundled: they load it when they are told their task. */
export class PreparedLocal implements PreparedLayer {
  readonly reaper: Promise<Reaper>;
  readonly standby: Promise<readonly Standby[]>;

  constructor(runner: string) {
    const environment = taskEnvironment(process.env, compileCache(process.env, tmpdir()));
    this.reaper = Reaper.open();
    this.standby = this.reaper.then((reaper) => {
      const starter = new ProcessStarter(
        { runner, packageFolder: undefined, sourceRoot: undefined, environment },
        reaper,
        0,
      );
      return launches.map((launch) => ({ launch, process: starter.start(launch) }));
    });
    // Whoever opens the layer is told.
    this.reaper.catch(() => undefined);
    this.standby.catch(() => undefined);
  }

  async discard(): Promise<void> {
    // What has never started has nothing to be ended.
    const standby = await this.standby.catch(() => []);
    await Promise.all(standby.map(async ({ process }) => endStandby(process)));
    const reaper = await this.reaper.catch(() => undefined);
    await reaper?.close();
  }
}
