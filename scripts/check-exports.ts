// The public surface is what it says: every entry of every package exists in source and in the build, names what it exports, and all packages carry
// one version. Exceptions from the rules carry their reason.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { publicEntries, root, workspacePackages, type WorkspacePackage } from './workspace.ts';

const problems: string[] = [];
const packages = workspacePackages();
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const exists = (file: string): boolean => existsSync(path.join(root, file));

function checkEntries(workspacePackage: WorkspacePackage): void {
  for (const { specifier, source, built, types } of publicEntries(workspacePackage)) {
    for (const file of [source, built, types]) {
      if (!exists(file)) problems.push(`'${specifier}' needs ${file}, which does not exist`);
    }
    if (exists(source) && /^export \*/m.test(read(source))) {
      problems.push(`${source}: a public entry names what it exports; no 'export *'`);
    }
  }
}

function checkManifest({ folder, manifest }: WorkspacePackage): void {
  const { name, version, bin = {}, peerDependencies = {} } = manifest;
  if (version !== packages[0]?.manifest.version) {
    problems.push(`${name} has version ${version}; all packages share one version`);
  }
  for (const [peer, range] of Object.entries(peerDependencies)) {
    const other = packages.find((candidate) => candidate.manifest.name === peer);
    if (other !== undefined && other.manifest.version !== range) {
      problems.push(`${name} asks for ${peer} ${range}, not for this version`);
    }
  }
  for (const file of Object.values(bin)) {
    if (!exists(path.join(folder, file))) problems.push(`${name}: the bin ${file} does not exist`);
  }
}

function checkFiles({ folder, manifest: { name, files = [] } }: WorkspacePackage): void {
  for (const needed of ['dist', 'README.md', 'LICENSE']) {
    if (!files.includes(needed)) problems.push(`${name}: "files" does not ship ${needed}`);
    if (needed !== 'dist' && !exists(path.join(folder, needed)))
      problems.push(`${folder}/${needed} does not exist`);
  }
}

/** `// oxlint-disable-next-line rule -- reason`, `// @ts-expect-error reason`: no reason, no exception. Returns how many there are. */
function checkExceptions(file: string): number {
  const exception = /\/[/*]\s*(?:(?:oxlint|eslint)-disable(?:.*? -- |.*$)|@ts-expect-error)(?<reason>.*)/;
  let count = 0;
  for (const [index, line] of read(file).split('\n').entries()) {
    const reason = exception.exec(line)?.groups?.['reason'];
    if (reason === undefined) continue;
    count += 1;
    if (!/\w{3}/.test(reason)) problems.push(`${file}:${index + 1}: an exception without its reason`);
  }
  return count;
}

const sources = globSync('{packages/*/{src,bin},examples,bench,test,scripts}/**/*.{ts,mjs,js}', {
  cwd: root,
  exclude: ['**/node_modules/**', 'scripts/check-exports.ts'],
});
for (const workspacePackage of packages) {
  checkEntries(workspacePackage);
  checkManifest(workspacePackage);
  checkFiles(workspacePackage);
}
const exceptions = sources.reduce((count, file) => count + checkExceptions(file), 0);
for (const problem of problems) console.error(problem);
const entries = packages.flatMap(publicEntries).length;
console.log(`${entries} public entries, ${exceptions} exceptions with a reason, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
