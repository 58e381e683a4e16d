import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importModule } from '../errors/import-module.ts';
import { isLeatError, LeatError, type SourcePlace } from '../errors/index.ts';
import type { CodePackage } from './code-package.ts';
import { Locator } from './locator.ts';
import { tellSourceRoot } from './package-place.ts';

/** A class that extends `Flow`, whichever copy of Leat its `Flow` came from. */
export type LoadedFlow = abstract new () => object;

// As `flow/flow.ts` sets it. The bundle has a copy of that file of its own, so the brand is all that both sides share.
const brand = Symbol.for('leat.flow/1');

/**
 * Imports a code package and gives its flow: the default export.
 *
 * @throws FLOW_LOAD when the code throws while it is imported, FLOW_INVALID when its default export is no flow.
 */
export async function loadFlow(built: CodePackage): Promise<LoadedFlow> {
  const { folder, entry, flowFile, root } = built;
  let exported: Readonly<Record<string, unknown>>;
  if (existsSync(resolve(root, flowFile))) tellSourceRoot(folder, root);
  try {
    exported = await importModule(pathToFileURL(join(folder, entry)).href);
  } catch (error) {
    throw importError(error, built);
  }
  const flow = exported['default'];
  if (isFlow(flow)) return flow;
  throw notAFlow(exported, { file: resolve(root, flowFile), line: 1, column: 1 });
}

function isFlow(value: unknown): value is LoadedFlow {
  return typeof value === 'function' && !Object.hasOwn(value, brand) && brand in value;
}

function notAFlow(exported: Readonly<Record<string, unknown>>, place: SourcePlace): LeatError {
  const named = Object.keys(exported).filter((name) => name !== 'default' && isFlow(exported[name]));
  if ('default' in exported) {
    const hint = 'it must be a class that extends Flow: export default class MyFlow extends Flow { … }';
    return new LeatError(
      'FLOW_INVALID',
      `the default export is ${inWords(exported['default'])}, not a flow`,
      { hint, place },
    );
  }
  const [first, ...others] = named;
  if (first === undefined) {
    const hint = 'export default class MyFlow extends Flow { … }';
    return new LeatError('FLOW_INVALID', 'the file has no default export, so it holds no flow', {
      hint,
      place,
    });
  }
  const hint = `write: export default class ${first} extends Flow { … }`;
  if (others.length === 0) {
    return new LeatError('FLOW_INVALID', `the flow '${first}' is not the default export`, { hint, place });
  }
  const names = named.map((name) => `'${name}'`).join(', ');
  const several =
    'a file is run by its default export: give each flow a file of its own, or make one the default';
  return new LeatError(
    'FLOW_INVALID',
    `the file holds several flows (${names}) and none is the default export`,
    { hint: several, place },
  );
}

function inWords(value: unknown): string {
  if (typeof value === 'function')
    return /^class\b/.test(String(value)) ? `the class '${value.name}'` : `the function '${value.name}'`;
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

// Code at the top of a file runs whenever the flow is looked at, before there is a run.
function importError(error: unknown, built: CodePackage): LeatError {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const located = new Locator(built).firstPlace(stack);
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const hint = isLeatError(error) ? error.hint : undefined;
  return new LeatError('FLOW_LOAD', `'${built.flowFile}' fails while it is imported: ${reason}`, {
    hint: hint ?? 'code outside of steps runs each time the flow is loaded: move work into a step',
    ...located,
    cause: error,
  });
}
