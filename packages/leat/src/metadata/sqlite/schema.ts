/**
 * The tables, as migrations: a database's version is the number of migrations that it has been through. A released
 * migration never changes; a change of the tables is a new one at the end.
 *
 * `runs.key` is the run's number in this database: it grows with every run, is never used twice, and all other tables
 * name a run by it. Text columns `plan`, `parameters`, `outcome`, `failure`, `attempt`, `events`, `counts`, `places` hold JSON;
 * `events` holds it as zstd where it is long.
 */

const first = `
  CREATE TABLE flows (
    flow TEXT PRIMARY KEY,
    last_run INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE runs (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    flow TEXT NOT NULL,
    id INTEGER NOT NULL,
    namespace TEXT NOT NULL,
    user TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    package TEXT NOT NULL,
    datastore TEXT NOT NULL,
    parameters_key TEXT NOT NULL,
    origin_run TEXT,
    resume_from TEXT,
    command TEXT,
    parameters TEXT NOT NULL,
    plan TEXT NOT NULL
  );
  CREATE UNIQUE INDEX runs_by_id ON runs (flow, id);
  CREATE INDEX runs_by_flow ON runs (flow, key);
  CREATE INDEX runs_by_namespace ON runs (namespace, flow, key);
  CREATE INDEX runs_by_status ON runs (status, key);

  -- One row a run: who may write, and how far the log goes. Apart from runs, whose rows are long.
  CREATE TABLE leases (
    run INTEGER PRIMARY KEY,
    owner TEXT,
    epoch INTEGER NOT NULL,
    until INTEGER NOT NULL,
    last_seq INTEGER NOT NULL
  );

  CREATE TABLE tags (
    run INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag)
  ) WITHOUT ROWID;
  CREATE INDEX tags_by_name ON tags (tag, run);

  -- A row holds neighbouring events as a JSON array; it is named by the sequence number of its last.
  CREATE TABLE events (
    run INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    events TEXT NOT NULL,
    PRIMARY KEY (run, last_seq)
  ) WITHOUT ROWID;

  -- A task together with its newest attempt, since both change at once; older attempts are in their own table.
  -- path sorts as numbers do: see sortablePath.
  CREATE TABLE tasks (
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    path TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    decided_by INTEGER,
    manifest TEXT,
    outcome TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    ended_seq INTEGER,
    failure TEXT,
    caught INTEGER NOT NULL,
    origin_run TEXT,
    attempt TEXT,
    PRIMARY KEY (run, step, path, iteration)
  ) WITHOUT ROWID;
  -- Nearly all tasks end as succeeded: left out, these stay small and cost nothing per task.
  CREATE INDEX tasks_by_status ON tasks (run, status, step, path, iteration) WHERE status <> 'succeeded';
  CREATE INDEX tasks_failed ON tasks (run, ended_at, ended_seq) WHERE status = 'failed';

  CREATE TABLE attempts (
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    path TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    number INTEGER NOT NULL,
    attempt TEXT NOT NULL,
    PRIMARY KEY (run, step, path, iteration, number)
  ) WITHOUT ROWID;

  CREATE TABLE step_counts (
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (run, step)
  ) WITHOUT ROWID;

  -- Runs that are forgotten but whose rows are not all removed yet.
  CREATE TABLE dropped (run INTEGER PRIMARY KEY);
`;

const chunks = `
  -- Tasks of a chunk have no rows of their own while all that is known of them follows from their chunk's row and from ranges
  -- of neighbouring places: those that are not decided, and those that succeeded, with the columns of their results. A range
  -- is named by the path of its first task; no two of one table share a task, and the row of a task in tasks counts before them.
  CREATE TABLE chunks (
    key INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    token TEXT NOT NULL,
    step TEXT NOT NULL,
    path TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    places TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    layer TEXT NOT NULL,
    pack TEXT NOT NULL,
    at INTEGER NOT NULL,
    job TEXT,
    started INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX chunks_by_token ON chunks (run, token);

  CREATE TABLE open_ranges (
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    path TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    count INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    PRIMARY KEY (run, step, path, iteration)
  ) WITHOUT ROWID;

  -- With row ids, since the columns of a thousand results make long rows.
  CREATE TABLE done_ranges (
    key INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    path TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    count INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    results BLOB NOT NULL
  );
  CREATE UNIQUE INDEX done_ranges_by_path ON done_ranges (run, step, path, iteration);
`;

const reused = `
  -- Neighbouring items of a foreach whose results a resumed run took over together. They have no rows of their own as long as
  -- nothing else befalls them, and share no task with the ranges of chunks.
  CREATE TABLE reused_ranges (
    key INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    path TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    count INTEGER NOT NULL,
    at INTEGER NOT NULL,
    origin_run TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- Of the manifests: all of a key but the place, or the key of a pack, with the columns of places in it.
    before TEXT NOT NULL,
    after TEXT,
    results BLOB
  );
  CREATE UNIQUE INDEX reused_ranges_by_path ON reused_ranges (run, step, path, iteration);
`;

/** `leat list runs` asks for the newest of a namespace, of whatever flows. */
const namespaces = `
  CREATE INDEX runs_in_namespace ON runs (namespace, key);
`;

/** In order. The version of the schema that this Leat writes is their number. */
export const migrations: readonly string[] = [first, chunks, reused, namespaces];
