/**
 * Stores what a machine without Leat needs to run tasks. Each thing is named by its content and stored once; two engines may do so at
 * once. Must not know what the tools do.
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Datastore } from '../../datastore/datastore.ts';
import { toolsPrefix } from '../../datastore/keys.ts';
import { isUsableTool } from '../../datastore/tool-life.ts';
import { LeatError } from '../../errors/index.ts';
import type { StoredTool, StoredTools, ToolFiles } from './tool-files.ts';
import { type NodeSource, storeNode } from './write-node.ts';

/** What is stored. */
export interface ToolsToStore {
  readonly tools: ToolFiles;
  readonly node?: NodeSource;
}

/**
 * Stores the tools that are not there yet, or have been there for so long that `leat gc` might take them away.
 *
 * @throws LeatError STORE_UNAVAILABLE; INTERNAL when a tool is missing from the installation
 */
export async function storeTools(datastore: Datastore, { tools, node }: ToolsToStore): Promise<StoredTools> {
  const files = read(tools);
  const named = files.map(({ name, sha256 }) => [name, sha256]);
  const prefix = toolsPrefix(hash('sha256', JSON.stringify(named)));
  const storing = files.map(async ({ bytes, ...tool }): Promise<StoredTool> => {
    const key = prefix + tool.name;
    if (!isUsableTool(await datastore.stat(key), tool.size)) await datastore.put(key, [bytes]);
    return { ...tool, key };
  });
  const [stored, storedNode] = await Promise.all([
    Promise.all(storing),
    node === undefined ? undefined : storeNode(datastore, node),
  ]);
  return { prefix, files: stored, ...(storedNode === undefined ? {} : { node: storedNode }) };
}

function read({ runner, program, agent, driver }: ToolFiles) {
  const paths = {
    'runner.cjs': runner,
    'program.cjs': program,
    'agent.cjs': agent,
    ...(driver === undefined ? {} : { 'driver.cjs': driver }),
  };
  return Object.entries(paths).map(([name, path]) => {
    const bytes = readTool(path);
    return { name, bytes, sha256: hash('sha256', bytes), size: bytes.length };
  });
}

function readTool(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new LeatError('INTERNAL', `a part of this installation is missing: '${path}'`, {
      cause,
      hint: 'Install leat again.',
    });
  }
}
