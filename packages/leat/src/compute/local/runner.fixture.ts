import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';

/** Builds the program that runs tasks from its sources, as it is published, into a folder; returns its path. */
export async function buildRunner(folder: string): Promise<string> {
  // Not a static import: how the project is built is no part of what is built.
  const script = new URL('../../../../../scripts/runner-bundle.ts', import.meta.url).href;
  const { runnerBundle } = (await import(script)) as { readonly runnerBundle: BuildOptions };
  const outfile = path.join(folder, 'runner.cjs');
  await build({ ...runnerBundle, outfile });
  return outfile;
}
