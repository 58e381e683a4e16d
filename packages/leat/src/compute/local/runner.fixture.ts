import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { OutputFile } from 'esbuild';

/** Builds the program that runs tasks from its sources, as it is published, into a folder; returns its path. */
export async function buildRunner(folder: string): Promise<string> {
  // Not a static import: how the project is built is no part of what is built.
  const script = new URL('../../../../../scripts/runner-bundle.ts', import.meta.url).href;
  const bundle = (await import(script)) as {
    readonly buildRunner: (folder: string) => Promise<readonly OutputFile[]>;
  };
  for (const { path: file, contents } of await bundle.buildRunner(folder)) writeFileSync(file, contents);
  return path.join(folder, 'runner.cjs');
}
