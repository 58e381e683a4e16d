import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folders from `folder` upwards, itself first. */
export function ancestors(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

/**
 * The folder that the paths of a flow's sources are relative to, so that the same tree gives the same package wherever it
 * lies: the nearest repository, else the nearest workspace, else the nearest project, else the flow's own folder.
 */
export function sourceRoot(flowFolder: string): string {
  const folders = ancestors(flowFolder);
  const has = (name: string) => (folder: string) => existsSync(join(folder, name));
  return (
    folders.find(has('.git')) ??
    folders.find(
      (folder) => has('pnpm-workspace.yaml')(folder) || isWorkspace(join(folder, 'package.json')),
    ) ??
    folders.find(has('package.json')) ??
    flowFolder
  );
}

function isWorkspace(manifest: string): boolean {
  return existsSync(manifest) && /"workspaces"\s*:/.test(readFileSync(manifest, 'utf8'));
}
