import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { measure } from '../harness/measure.ts';
import { newFolder } from '../harness/work-folder.ts';
import { systemProgram } from './system-program.ts';
import type { Peer } from './peer.ts';

/** `parallel -j N node -e 0`, a line of a file for each. */
export const gnuParallel: Peer = {
  name: 'GNU parallel',
  isolation: 'process',
  task: 'node -e 0',
  keeps: 'nothing',
  prepare: () => systemProgram('parallel').version.replace('GNU parallel ', ''),
  run({ tasks, inFlight, folder }) {
    const own = newFolder(folder, 'parallel');
    const lines = path.join(own, 'tasks.txt');
    writeFileSync(lines, Array.from({ length: tasks }, (_, index) => `${index}\n`).join(''));
    const limits = ['--will-cite', '--jobs', String(inFlight), '--max-replace-args', '0'];
    const command = [process.execPath, '-e', '0'];
    return measure({ argv: ['parallel', ...limits, '--arg-file', lines, ...command], folder: own });
  },
};
