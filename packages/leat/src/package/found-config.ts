import type { ProjectConfig } from '../config/parse-config.ts';

/** A project's settings and where they come from. */
export interface FoundConfig {
  readonly config: ProjectConfig;
  /** What paths and globs in it are relative to. */
  readonly folder: string;
  /** Full paths of the files that were read. */
  readonly files: readonly string[];
}
