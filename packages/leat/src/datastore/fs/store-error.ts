import { isLeatError, LeatError } from '../../errors/index.ts';

const remedies: Readonly<Record<string, string>> = {
  ENOSPC:
    'The disk is full. Free some space (`leat gc` removes what no run refers to), then `leat resume` the run.',
  EDQUOT:
    'Your disk quota is used up. Free some space (`leat gc` removes what no run refers to), then `leat resume` the run.',
  EACCES:
    'This user may not use that path. Change its permissions, or choose another folder with --home or LEAT_HOME.',
  EPERM:
    'This user may not use that path. Change its permissions, or choose another folder with --home or LEAT_HOME.',
  EROFS: 'That file system is read-only. Choose another folder with --home or LEAT_HOME.',
  EMFILE: 'This process has too many open files. Raise the limit (`ulimit -n 65536`) or lower --max-workers.',
  ENFILE: 'This machine has too many open files. Close some programs or lower --max-workers.',
  ENAMETOOLONG:
    'A name is longer than the file system allows. Shorten the name of the flow or step, or the path of --home.',
  EIO: 'The disk reports an input/output error. Check its health (`dmesg`), then `leat resume` the run.',
  ESTALE: 'The network file system lost the file. Check the mount, then `leat resume` the run.',
  ENOTDIR:
    'A file stands where a folder is needed. Move it away, or choose another folder with --home or LEAT_HOME.',
  EISDIR:
    'A folder stands where a file is needed. Move it away, or choose another folder with --home or LEAT_HOME.',
  EFBIG: 'The file is larger than the file system or the limit of this user (`ulimit -f`) allows.',
};

/** The code of a Node I/O error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** A raw I/O error as `STORE_UNAVAILABLE`: what was tried on which path, why it failed, what to do. */
export function storeError(error: unknown, action: string, path: string): LeatError {
  if (isLeatError(error)) return error;
  const code = errorCode(error);
  const reason = error instanceof Error ? error.message : String(error);
  return new LeatError('STORE_UNAVAILABLE', `cannot ${action} '${path}': ${reason}`, {
    hint:
      (code === undefined ? undefined : remedies[code]) ??
      'Check that the folder of the datastore is there and can be used.',
    cause: error,
    details: { path, ...(code === undefined ? {} : { code }) },
  });
}
