/**
 * What every datastore must do, as cases that any test runner can run. A case gets a fresh, empty store and a way to
 * open a second connection to it: what a task on another machine would have.
 */
import type { DatastoreCase } from './datastore-case.ts';
import { keyCases } from './key-cases.ts';
import { largeCases } from './large-cases.ts';
import { listCases } from './list-cases.ts';
import { logCases } from './log-cases.ts';
import { readCases } from './read-cases.ts';
import { writeCases } from './write-cases.ts';

/** Every promise of the contract. */
export const datastoreConformance: readonly DatastoreCase[] = [
  ...readCases,
  ...largeCases,
  ...writeCases,
  ...logCases,
  ...listCases,
  ...keyCases,
];
