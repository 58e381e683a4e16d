import path from 'node:path';

/** Set by the build where all of the driver is one file (`scripts/s3-driver-bundle.ts`). */
declare const driverFile: string | undefined;

/** The file that holds all of the driver, when this is it. */
export const bundleFile = (): string | undefined => (typeof driverFile === 'string' ? driverFile : undefined);

/** Full path of the driver as one file, which the build puts beside the package's other files. */
export const driverPath = (): string =>
  bundleFile() ?? path.join(import.meta.dirname, '..', '..', 'dist', 's3-driver.cjs');
