import { createRequire } from 'node:module';

// From `dist/bin/` and from `src/cli/` the package's own description is two folders up.
const facts = createRequire(import.meta.url)('../../package.json') as { readonly version: string };

/** The version of this installation. */
export const version: string = facts.version;
