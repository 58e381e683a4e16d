/**
 * `node --import leat/register flow.ts`: lets a plain Node load TypeScript with decorators, in people's own scripts and tools.
 * Runs do not need it: they load the code package.
 */
import { registerHooks } from 'node:module';
import { loadTypeScript } from './load-typescript.ts';
import { resolveTypeScript } from './resolve-typescript.ts';

// Errors then name the lines that the user wrote.
process.setSourceMapsEnabled(true);
registerHooks({ load: loadTypeScript, resolve: resolveTypeScript });
