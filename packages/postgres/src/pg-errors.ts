/** What PostgreSQL, the network and the client say, in the words of a user: which database, what is wrong, what to do. */
import { type Explanation, isLeatError, type LeatError, unavailable } from 'leat/metadata';

/** SQLSTATE of a server's error, or Node's code of a network error. */
function errorCode(error: unknown): string {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** Codes after which the same call may work a moment later, on another connection. */
const passing: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOENT', // a socket's file is away while its server starts again
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '23505', // unique_violation: two calls inserted the same row at the same moment
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: it starts
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read_only_sql_transaction: it has become a standby
  '53300', // too_many_connections
]);

/** The client has no codes of its own. */
const lostConnection =
  /^(?:Connection (?:terminated|ended)|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** Whether the same call may work a moment later. */
export function isPassing(error: unknown): boolean {
  if (isLeatError(error)) return false;
  const code = errorCode(error);
  return passing.has(code) || code.startsWith('08') || lostConnection.test(messageOf(error));
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const noAnswer: Explanation = {
  what: 'cannot be reached',
  hint: 'Check that the server runs and that host and port are right: psql with the same URL says more.',
};
const noEntry: Explanation = {
  what: 'refuses the user or the password',
  hint: 'Check user and password in the URL, PGPASSWORD or ~/.pgpass, and pg_hba.conf of the server.',
};
const untrusted: Explanation = {
  what: 'has a certificate that is not trusted',
  hint: 'Name the authority that signed it: ?sslmode=verify-full&sslrootcert=FILE in the URL.',
};
const full: Explanation = {
  what: 'cannot grow: the disk of the server is full',
  hint: 'Free some space there (`leat gc` removes old runs), then run the command again.',
};

const explanations: Readonly<Record<string, Explanation>> = {
  '28P01': noEntry,
  '28000': noEntry,
  '3D000': { what: 'does not exist', hint: 'Make the database first: createdb NAME.' },
  '42501': {
    what: 'may not be used so by this user',
    hint: 'For the first start the user must be allowed to make a schema: GRANT CREATE ON DATABASE … TO …; later to read and write its tables.',
  },
  '53100': full,
  '53300': {
    what: 'has no connection left',
    hint: 'Each engine takes up to three: raise max_connections of the server, or put a pooler before it.',
  },
  '57014': {
    what: 'took too long to answer',
    hint: 'Look for locks and load on the server: pg_stat_activity.',
  },
  '25006': { what: 'is read-only', hint: 'Name the primary server, not a standby.' },
  ENOTFOUND: { what: 'is on a host that nobody knows', hint: 'Check the name of the host in the URL.' },
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
  CERT_HAS_EXPIRED: untrusted,
};

function explanationOf(error: unknown): Explanation | undefined {
  const code = errorCode(error);
  // Of what passes, all but two transactions in each other's way is a server that is not there.
  return explanations[code] ?? (isPassing(error) && !/^(?:23|40|55)/.test(code) ? noAnswer : undefined);
}

/** Turns an error into `METADATA_UNAVAILABLE`; a `LeatError` stays as it is. `shown` is the URL without its password. */
export function explainPgError(error: unknown, shown: string): LeatError {
  if (isLeatError(error)) return error;
  const known = explanationOf(error);
  const said = messageOf(error);
  const after = said === '' ? '' : `: ${said}`;
  const { what, hint } = known ?? { what: 'cannot be used', hint: 'Check the server and its log.' };
  const details = { metadata: shown, postgres: errorCode(error) || undefined };
  return unavailable(`at '${shown}'`, { what: what + after, hint }, { cause: error, details });
}
