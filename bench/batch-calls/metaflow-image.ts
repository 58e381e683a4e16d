/** The image of Metaflow's tasks, made of this machine's Python, so that no registry is needed and no task asks PyPI. */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { type ContainerEngine, ownImage } from '@leat/testing';
import { installMetaflow, metaflowVersion } from '../harness/metaflow.ts';
import { python } from '../harness/python.ts';

/** Rises when what is below changes. */
const recipe = 1;

/** What a task brings along itself, in its code package, or has no use for. */
const leftOut = /^(?:metaflow|pip|setuptools)(?:$|[-/])/;

const environment = {
  // The packages that a task would install with pip before anything else are in the image.
  METAFLOW_SKIP_INSTALL_DEPENDENCIES: '1',
  // A task asks 169.254.169.254 what instance it is on, and an instance answers at once. Here nobody does: with this it learns that at once too, and
  // nothing but this machine can be reached from a task.
  http_proxy: 'http://127.0.0.1:9',
  no_proxy: '127.0.0.1',
};

/** The name of the image; made when it is not there yet. */
export function metaflowImage(engine: ContainerEngine, say: (text: string) => void): Promise<string> {
  const programs = path.dirname(installMetaflow(say));
  return ownImage(engine, 'metaflow', {
    base: 'python',
    version: `${metaflowVersion}-${recipe}`,
    programs: ['bash', 'printenv'],
    add: (root) => addPackages(root, path.dirname(programs)),
    environment,
  });
}

function addPackages(root: string, virtualEnvironment: string): void {
  symlinkSync('python3', path.join(root, 'usr/bin/python'));
  for (const packages of globSync(path.join(virtualEnvironment, 'lib/python3*/site-packages')))
    cpSync(packages, path.join(root, 'usr/lib/python3/dist-packages'), {
      recursive: true,
      preserveTimestamps: true,
      filter: (file) => !leftOut.test(path.relative(packages, file)),
    });
  // Else each container compiles what it imports of Python's own library.
  for (const library of globSync(path.join(root, 'usr/lib/python3.*')))
    execFileSync(python(), ['-m', 'compileall', '-q', library]);
}
