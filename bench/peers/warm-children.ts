import { fileURLToPath } from 'node:url';
import { measure } from '../harness/measure.ts';
import { newFolder } from '../harness/work-folder.ts';
import type { Peer } from './peer.ts';

const script = fileURLToPath(import.meta.resolve('./warm-children.script.ts'));

/** The floor: child processes that answer one message after the other. */
export const warmChildren: Peer = {
  name: 'warm node children (floor)',
  isolation: 'reuse',
  task: 'a message and its answer',
  keeps: 'nothing',
  prepare: () => process.version,
  run({ tasks, inFlight, folder }) {
    const argv = [process.execPath, script, String(tasks), String(inFlight)];
    const sample = measure({ argv, folder: newFolder(folder, 'warm-children') });
    return { ...sample, inside: Number(sample.output) };
  },
};
