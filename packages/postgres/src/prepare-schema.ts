/** Makes the tables when the schema is new, and brings older ones up to date: once, whoever else opens them at the same time. */
import { LeatError } from 'leat/metadata';
import type { Database, Statements } from './database.ts';
import { migrations } from './schema.ts';

/**
 * Brings the schema to the version that this Leat knows. Throws `METADATA_SCHEMA` for one of a newer Leat or of another
 * program, `METADATA_UNAVAILABLE`.
 */
export async function prepareSchema(database: Database): Promise<void> {
  // Nearly always all that there is to do, and no more than a reader's rights are needed for it.
  if ((await schemaVersion(database, database)) === migrations.length) return;
  await database.transaction(async (statements) => {
    // Until the end of the transaction: whoever comes second finds the work done.
    await statements.all('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', `leat ${database.schema}`);
    const version = await schemaVersion(database, statements);
    if (version === migrations.length) return;
    if (version === undefined) await createSchema(database, statements);
    for (const migration of migrations.slice(version ?? 0)) await runScript(statements, migration);
    await statements.all('UPDATE leat.schema_version SET version = $1', migrations.length);
  });
}

/** How many migrations the schema has been through; `undefined` when it is not there, or is empty. */
async function schemaVersion(
  { schema, shown }: Database,
  statements: Statements,
): Promise<number | undefined> {
  const found = await statements.get<{ tables: number; ours: boolean }>(
    `SELECT count(*) AS tables, coalesce(bool_or(relname = 'schema_version'), false) AS ours
     FROM pg_catalog.pg_class WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p', 'v', 'm')`,
    schema,
  );
  if (found === undefined || found.tables === 0) return undefined;
  if (!found.ours) {
    throw new LeatError(
      'METADATA_SCHEMA',
      `the schema '${schema}' at '${shown}' holds the tables of another program`,
      {
        hint: 'Choose another schema: ?schema=NAME in the URL.',
      },
    );
  }
  const row = await statements.get<{ version: number }>('SELECT version FROM leat.schema_version');
  const version = row?.version ?? 0;
  if (version <= migrations.length) return version;
  throw new LeatError(
    'METADATA_SCHEMA',
    `the metadata at '${shown}' was written by a newer Leat: its tables have version ${version}, this one knows up to ${migrations.length}`,
    { hint: 'Update Leat here: npm install leat@latest @leat/postgres@latest.' },
  );
}

async function createSchema({ schema }: Database, statements: Statements): Promise<void> {
  const there = await statements.get<{ there: boolean }>(
    'SELECT to_regnamespace($1) IS NOT NULL AS there',
    schema,
  );
  // Only when it is missing: the right to make one is asked for even where it exists.
  if (there?.there !== true) await statements.all(`CREATE SCHEMA "${schema}"`);
  await statements.all('CREATE TABLE leat.schema_version (version integer NOT NULL)');
  await statements.all('INSERT INTO leat.schema_version VALUES (0)');
}

/** One statement at a time: what takes values cannot be a script. */
async function runScript(statements: Statements, script: string): Promise<void> {
  for (const statement of script.split(/;\s*$/m))
    if (statement.trim() !== '') await statements.all(statement);
}
