/**
 * The tables, as migrations: a schema's version is the number of migrations that it has been through. A released migration
 * never changes; a change of the tables is a new one at the end. The tables are those of SQLite's store, for the same reasons.
 *
 * `runs.key` is the run's number in this schema, and all other tables name a run by it. Text columns `plan`, `parameters`,
 * `outcome`, `failure`, `attempt`, `events`, `counts`, `facts` hold JSON: as text, since `jsonb` refuses some of what JSON can say.
 * Times are milliseconds since the epoch. What is sorted or compared by is sorted as bytes, so that order is the same on
 * every server.
 */

const first = `
  CREATE TABLE leat.flows (
    flow text COLLATE "C" PRIMARY KEY,
    last_run bigint NOT NULL
  );

  CREATE TABLE leat.runs (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    flow text COLLATE "C" NOT NULL,
    id bigint NOT NULL,
    namespace text COLLATE "C" NOT NULL,
    user_name text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    created_at double precision NOT NULL,
    ended_at double precision,
    package text NOT NULL,
    datastore text NOT NULL,
    parameters_key text NOT NULL,
    origin_run text,
    resume_from text,
    command text,
    parameters text NOT NULL,
    plan text NOT NULL,
    -- Of the call that made it: the call may be repeated.
    request uuid NOT NULL UNIQUE
  );
  CREATE UNIQUE INDEX runs_by_id ON leat.runs (flow, id);
  CREATE INDEX runs_by_flow ON leat.runs (flow, key);
  CREATE INDEX runs_by_namespace ON leat.runs (namespace, flow, key);
  CREATE INDEX runs_by_status ON leat.runs (status, key);

  -- One row a run: who may write, and how far the log goes. Its lock is what orders the writers of a run.
  CREATE TABLE leat.leases (
    run bigint PRIMARY KEY,
    owner text,
    epoch integer NOT NULL,
    -- On the clock of this server.
    until double precision NOT NULL,
    last_seq bigint NOT NULL,
    -- Of the calls that last took the lease and last wrote to the log: they may be repeated.
    taken_by uuid NOT NULL,
    written_by uuid NOT NULL
  ) WITH (fillfactor = 50);

  CREATE TABLE leat.tags (
    run bigint NOT NULL,
    tag text COLLATE "C" NOT NULL,
    PRIMARY KEY (run, tag)
  );
  CREATE INDEX tags_by_name ON leat.tags (tag, run);

  -- A row holds neighbouring events as a JSON array; it is named by the sequence number of its last.
  CREATE TABLE leat.events (
    run bigint NOT NULL,
    last_seq bigint NOT NULL,
    events text NOT NULL,
    PRIMARY KEY (run, last_seq)
  );

  -- A task together with its newest attempt, since both change at once; older attempts are in their own table.
  -- path sorts as numbers do: see sortablePath.
  CREATE TABLE leat.tasks (
    run bigint NOT NULL,
    step text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    iteration integer NOT NULL,
    status text COLLATE "C" NOT NULL,
    attempts integer NOT NULL,
    decided_by integer,
    manifest text,
    outcome text,
    created_at double precision NOT NULL,
    started_at double precision,
    ended_at double precision,
    ended_seq bigint,
    failure text,
    caught boolean NOT NULL,
    origin_run text,
    attempt text,
    PRIMARY KEY (run, step, path, iteration)
  );
  -- Nearly all tasks end as succeeded: left out, these stay small.
  CREATE INDEX tasks_by_status ON leat.tasks (run, status, step, path, iteration) WHERE status <> 'succeeded';
  CREATE INDEX tasks_failed ON leat.tasks (run, ended_at, ended_seq) WHERE status = 'failed';

  CREATE TABLE leat.attempts (
    run bigint NOT NULL,
    step text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    iteration integer NOT NULL,
    number integer NOT NULL,
    attempt text NOT NULL,
    PRIMARY KEY (run, step, path, iteration, number)
  );

  CREATE TABLE leat.step_counts (
    run bigint NOT NULL,
    step text COLLATE "C" NOT NULL,
    counts text NOT NULL,
    PRIMARY KEY (run, step)
  ) WITH (fillfactor = 50);

  -- What the event that began a chunk says of it: later ones name it by its token.
  CREATE TABLE leat.chunks (
    run bigint NOT NULL,
    token text COLLATE "C" NOT NULL,
    facts text NOT NULL,
    PRIMARY KEY (run, token)
  );

  -- Runs that are forgotten but whose rows are not all removed yet.
  CREATE TABLE leat.dropped (run bigint PRIMARY KEY);
`;

/** `leat list runs` asks for the newest of a namespace, of whatever flows. */
const namespaces = `
  CREATE INDEX runs_in_namespace ON leat.runs (namespace, key);
`;

/** In order. The version of the schema that this Leat writes is their number. */
export const migrations: readonly string[] = [first, namespaces];
