// dependency-cruiser asks for `typescript` and needs the programmatic API, which TypeScript 7 does not have. Preloaded with `--import`,
// this answers that one question with the TypeScript 6 that this folder's own package.json names.
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const { resolve } = createRequire(import.meta.url);
const answers = new Map(
  ['typescript', 'typescript/package.json'].map((asked) => [asked, pathToFileURL(resolve(asked)).href]),
);

registerHooks({
  resolve(specifier, context, nextResolve) {
    const url = answers.get(specifier);
    return url === undefined ? nextResolve(specifier, context) : { url, shortCircuit: true };
  },
});
