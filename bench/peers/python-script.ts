import path from 'node:path';
import { measure } from '../harness/measure.ts';
import { virtualEnvironment, type VirtualEnvironment } from '../harness/virtual-environment.ts';
import { newFolder } from '../harness/work-folder.ts';
import type { Peer, PeerRequest, PeerRun } from './peer.ts';

/**
 * A peer that is a script `bench/peers/NAME.script.py COUNT IN_FLIGHT` with packages of PyPI; it prints the seconds that its tasks took.
 *
 * @param version of the tool, which the requirements name
 */
export function pythonScript(
  script: string,
  version: string,
  { requirements }: Pick<VirtualEnvironment, 'requirements'>,
): Pick<Peer, 'prepare' | 'run'> {
  const environment = { name: `${script}-${version}`, requirements };
  const file = path.join(import.meta.dirname, `${script}.script.py`);
  return {
    prepare(say) {
      virtualEnvironment(environment, say);
      return version;
    },
    run({ tasks, inFlight, folder }: PeerRequest): PeerRun {
      const python = path.join(virtualEnvironment(environment, console.error), 'python');
      const own = newFolder(folder, script);
      const argv = [python, file, String(tasks), String(inFlight)];
      // Ray leaves a token in the user's home.
      const sample = measure({ argv, folder: own, environment: { HOME: own } });
      const [, seconds] = /^tasks took (?<seconds>[\d.]+)$/m.exec(sample.output) ?? [];
      if (seconds === undefined) throw new Error(`${file} did not say how long its tasks took`);
      return { ...sample, inside: Number(seconds) };
    },
  };
}
