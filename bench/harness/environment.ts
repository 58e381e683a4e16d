import path from 'node:path';

// Node 20 parses NODE_EXTRA_CA_CERTS at each start (70 ms); PYTHONDONTWRITEBYTECODE makes Python compile Metaflow at each start (340 ms); the
// others change what is measured in ways of their own.
const strippedNames = new Set([
  'NODE_EXTRA_CA_CERTS',
  'NODE_OPTIONS',
  'NODE_COMPILE_CACHE',
  'PYTHONDONTWRITEBYTECODE',
]);
const strippedPrefixes = ['LEAT_', 'METAFLOW_', 'npm_', 'BENCH_'];

/** The environment that every side gets: this process's own without what favours or burdens one side; `node` is the Node that runs the benchmark. */
export function fairEnvironment(more: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !strippedNames.has(name) && !strippedPrefixes.some((prefix) => name.startsWith(prefix)),
  );
  const search = `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`;
  return { ...(Object.fromEntries(kept) as Record<string, string>), PATH: search, ...more };
}
