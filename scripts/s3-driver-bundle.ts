import path from 'node:path';
import { build, type OutputFile } from 'esbuild';
import { oneFile } from './one-file.ts';

/** Builds the datastore's driver for S3 as one file, for processes of tasks, which have no packages. Writes nothing. */
export async function buildS3Driver(folder: string): Promise<readonly OutputFile[]> {
  const { outputFiles } = await build({
    ...oneFile,
    entryPoints: ['packages/aws/src/s3/driver.ts'],
    outfile: path.join(folder, 's3-driver.cjs'),
    define: {
      driverFile: '__filename',
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
      'import.meta.url': '__filename',
    },
    // Loaded where the user's machine has it, and only for what a profile can say beyond keys.
    external: ['@aws-sdk/credential-provider-node'],
  });
  return outputFiles;
}
