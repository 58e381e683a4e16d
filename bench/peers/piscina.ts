import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { measure } from '../harness/measure.ts';
import { newFolder } from '../harness/work-folder.ts';
import type { Peer } from './peer.ts';

const script = fileURLToPath(import.meta.resolve('./piscina.script.ts'));

/** A pool of threads in one process. */
export const piscina: Peer = {
  name: 'piscina (threads)',
  isolation: 'reuse',
  task: 'a function in JavaScript',
  keeps: 'nothing',
  prepare() {
    const manifest = fileURLToPath(new URL('../package.json', import.meta.resolve('piscina')));
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  },
  run({ tasks, inFlight, folder }) {
    const argv = [process.execPath, script, String(tasks), String(inFlight)];
    const sample = measure({ argv, folder: newFolder(folder, 'piscina') });
    return { ...sample, inside: Number(sample.output) };
  },
};
