import { describe, expect, it } from 'vitest';
import { saysNoLibrary, saysNoShell } from './first-process.ts';

// As podman 4.3, docker 20.10 with runc 1.1, and crun 1.8 said it.
const runc = (program: string): string =>
  `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program}": stat ${program}: no such file or directory: unknown`;

describe('what engines say of a program that cannot be started', () => {
  it.each([
    [runc('/bin/sh'), true, false],
    [
      'crun: executable file `/bin/sh` not found: No such file or directory: OCI runtime attempted to invoke a command that was not found',
      true,
      false,
    ],
    ['exec /leat/node: no such file or directory', false, true],
    ['crun: open executable: Permission denied: OCI permission denied', false, false],
    ['statfs /home/ann/data: no such file or directory', false, false],
  ])('%s', (message, noShell, noLibrary) => {
    expect([saysNoShell(message), saysNoLibrary(message)]).toEqual([noShell, noLibrary]);
  });
});
