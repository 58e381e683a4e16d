/** Data about the tools: what a machine without Leat needs to run tasks. Types only, so that layers can name them. */
import type { Platform } from '../native/platform.ts';

export type { Platform } from '../native/platform.ts';

/** The tools as files of the engine's machine: full paths. */
export interface ToolFiles {
  /** What runs tasks: `node runner.cjs`. It starts `program`, which must lie beside it. */
  readonly runner: string;
  readonly program: string;
  /** What a remote job starts; see `leat/agent`. */
  readonly agent: string;
  /** The driver of the datastore, one file that needs nothing beside it; `undefined` for a folder, which needs none. */
  readonly driver?: string;
}

/** A tool in the datastore. */
export interface StoredTool {
  /** `runner.cjs`, `program.cjs`, `agent.cjs`, `driver.cjs`. */
  readonly name: string;
  readonly key: string;
  /** sha256 of the object, hex. */
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
}

/** A Node binary in the datastore, compressed with gzip: `gzip -dc` of any image unpacks it. */
export interface StoredNode {
  readonly key: string;
  readonly platform: Platform;
  /** Such as `v26.10.0`. */
  readonly version: string;
  /** Of the object as it is stored, compressed: sha256, hex, and bytes. */
  readonly sha256: string;
  readonly size: number;
  /** Of the program that it unpacks to. */
  readonly programSha256: string;
  readonly programSize: number;
  /** Bytes of libatomic.so.1 that follow the program, when it needs that one; they do not disturb it. */
  readonly libatomic?: number;
}

/** The tools in the datastore, each stored once by its content. */
export interface StoredTools {
  /** Their folder: `tools/<hash>/`. */
  readonly prefix: string;
  readonly files: readonly StoredTool[];
  /** Only when it was asked for. */
  readonly node?: StoredNode;
}

/** What is wanted of {@link StoredTools}. */
export interface ToolsWanted {
  /** Also a Node binary for this platform: some 150 MB, 50 MB of them to send, once for each version of Node. */
  readonly node?: Platform;
  /** Some of what this process has stored before may be gone: it is looked for, and what is missing is stored again. */
  readonly again?: boolean;
}
