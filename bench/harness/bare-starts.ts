import { fileURLToPath } from 'node:url';
import { measure, type Sample } from './measure.ts';
import { newFolder } from './work-folder.ts';

const script = fileURLToPath(import.meta.resolve('./start-processes.ts'));

export interface BareStarts extends Sample {
  /** Processes a second. */
  readonly rate: number;
}

/** `node -e 0`, so many times, so many in flight. */
export function startBareProcesses(count: number, inFlight: number, inside: string): BareStarts {
  const sample = measure({
    argv: [process.execPath, script, String(count), String(inFlight)],
    folder: newFolder(inside, 'bare'),
  });
  return { ...sample, rate: count / Number(sample.output) };
}
