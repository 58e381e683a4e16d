/** Metadata on PostgreSQL. `leat` loads this by name for `postgres:` URLs. */
export { openPostgresStore } from './postgres-store.ts';
