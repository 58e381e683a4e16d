/** What a URL of the metadata says, read and checked once. */
import { LeatError, withoutPassword } from 'leat/metadata';
import type { ClientConfig } from 'pg';
import { type ConnectionOptions as ParsedUrl, parse, toClientConfig } from 'pg-connection-string';

/** How to reach the database, and where in it the tables are. */
export interface ConnectionOptions {
  /** For the client: host, port, user, password, database, ssl. */
  readonly server: ClientConfig;
  /** The schema of the tables; `leat` unless the URL says `?schema=`. */
  readonly schema: string;
  /** The URL as it may be shown. */
  readonly shown: string;
}

const defaultSchema = 'leat';

/** As PostgreSQL itself bounds names, without what needs quotes. */
const schemaName = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…&schema=…`, or `postgres:///DATABASE?host=/run/postgresql`
 * for a socket. What is left out is taken from `PGHOST`, `PGUSER`, `PGPASSWORD`, … and `~/.pgpass`. Throws `OPTION_INVALID`.
 */
export function connectionOptions(url: string): ConnectionOptions {
  const shown = withoutPassword(url);
  const server = parsed(url, shown);
  const { schema = defaultSchema, ...rest } = server as ParsedUrl & { readonly schema?: string };
  if (schemaName.test(schema) && !schema.startsWith('pg_'))
    return { server: toClientConfig(rest), schema, shown };
  throw new LeatError('OPTION_INVALID', `'${schema}' cannot be the schema of the metadata (in '${shown}')`, {
    hint: 'Expected lower-case letters, digits and _, at most 63, not beginning with pg_: ?schema=leat_prod.',
  });
}

/** The parser's own error may hold the URL, so it is left behind. */
function parsed(url: string, shown: string): ParsedUrl {
  try {
    return parse(url);
  } catch (error) {
    const file = (error as NodeJS.ErrnoException).path;
    throw new LeatError(
      'OPTION_INVALID',
      file === undefined
        ? `'${shown}' is no URL of a PostgreSQL database`
        : `'${file}' cannot be read (in '${shown}')`,
      {
        hint: 'Expected postgres://USER:PASSWORD@HOST:PORT/DATABASE; @, :, /, # and % in a password are written %40, %3A, %2F, %23 and %25.',
      },
    );
  }
}
