/**
 * What every metadata store must do, as cases that any test runner can run. A case gets a fresh, empty store and a way
 * to open a second connection to it: what another engine on the same metadata would have.
 */
import { chunkCases } from './chunk-cases.ts';
import { leaseCases } from './lease-cases.ts';
import { logCases } from './log-cases.ts';
import type { MetadataCase } from './metadata-case.ts';
import { runCases } from './run-cases.ts';
import { taskCases } from './task-cases.ts';

/** Every promise of the contract. */
export const metadataConformance: readonly MetadataCase[] = [
  ...runCases,
  ...leaseCases,
  ...logCases,
  ...taskCases,
  ...chunkCases,
];
