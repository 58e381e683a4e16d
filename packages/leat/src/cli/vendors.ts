/** Vendors' packages by the words that lead to them. The only place of the command line that names them. */
import { importPackage } from '../errors/import-package.ts';
import type { ProfileValues } from '../home/profile-values.ts';
import type { Vendor } from './vendor-command.ts';

interface KnownVendor {
  readonly package: string;
  /** Groups of commands, with what `leat --help` says of them. */
  readonly groups: Readonly<Record<string, string>>;
  /** What `leat configure NAME` is called. */
  readonly configures: string;
  /** Whether a profile says anything that is the vendor's business. */
  readonly concerns: (profile: ProfileValues) => boolean;
}

/** The vendors that Leat has packages for. */
export const vendors: readonly KnownVendor[] = [
  {
    package: '@leat/aws',
    groups: {
      aws: 'set up AWS for Leat (needs @leat/aws)',
      batch: 'look at jobs of AWS Batch, and end them (needs @leat/aws)',
    },
    configures: 'aws',
    concerns: ({ datastore, layers }) =>
      datastore?.startsWith('s3:') === true || layers?.['batch'] !== undefined,
  },
];

/**
 * Loads what a vendor's package has for the command line. It is an entry of its own, `PACKAGE/vendor`: flows that import the package need none
 * of it.
 *
 * @throws LeatError OPTION_INVALID when the package is not installed
 */
export async function loadVendor({ package: name }: Pick<KnownVendor, 'package'>): Promise<Vendor> {
  return (await importPackage<{ readonly vendor: Vendor }>(`${name}/vendor`)).vendor;
}
