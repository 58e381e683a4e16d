/** A database as the Leat of an earlier schema left it: its tables by the migrations of that time, its rows as they were written then. */
import { DatabaseSync } from 'node:sqlite';
import type { RunEvent } from '../events.ts';
import { migrations } from './schema.ts';

const failure = { reason: 'error', type: 'Error', message: 'it broke' } as const;
const foreach = { kind: 'foreach', items: { count: 5, index: 'items' } } as const;

/** A run with a retry, a failure, and a task under way: version 1 knew nothing else. */
const events: readonly RunEvent[] = [
  { type: 'engine-started', at: 1000, epoch: 1, host: 'here', pid: 1 },
  { type: 'attempt-submitted', at: 1001, task: 'start', attempt: 0, layer: 'local', token: 'a' },
  { type: 'attempt-accepted', at: 1002, task: 'start', attempt: 0, job: 'a' },
  { type: 'attempt-failed', at: 1003, task: 'start', attempt: 0, failure, startedAt: 1002, retryAt: 1004 },
  { type: 'attempt-submitted', at: 1004, task: 'start', attempt: 1, layer: 'local', token: 'b' },
  {
    type: 'attempt-succeeded',
    at: 1006,
    task: 'start',
    attempt: 1,
    manifest: 'start@1.json',
    outcome: foreach,
    startedAt: 1005,
  },
  { type: 'attempt-submitted', at: 1007, task: 'train[0]', attempt: 0, layer: 'local', token: 'c' },
  { type: 'attempt-failed', at: 1009, task: 'train[0]', attempt: 0, failure, startedAt: 1008 },
  { type: 'attempt-submitted', at: 1010, task: 'train[1]', attempt: 0, layer: 'local', token: 'd' },
  { type: 'attempt-state', at: 1011, task: 'train[1]', attempt: 0, state: 'running' },
];

/** Version 2 began to keep the tasks of chunks as ranges. */
const chunkEvents: readonly RunEvent[] = [
  {
    type: 'chunk-submitted',
    at: 1020,
    group: { step: 'train', path: [], iteration: 0 },
    places: [2, 5],
    attempt: 0,
    layer: 'local',
    token: 'e',
    pack: 'packs/e',
  },
  { type: 'chunk-started', at: 1021, token: 'e' },
  {
    type: 'chunk-succeeded',
    at: 1025,
    token: 'e',
    outcome: { kind: 'linear' },
    places: [2, 3],
    offsets: [0, 400],
    lengths: [400, 410],
    startedAt: [1021, 1022],
    endedAt: [1022, 1024],
  },
];

/** Version 3 began to keep what a resumed run took over as ranges. */
const reusedEvents: readonly RunEvent[] = [
  {
    type: 'tasks-reused',
    at: 1030,
    group: { step: 'train', path: [], iteration: 0 },
    from: 30,
    to: 34,
    outcome: { kind: 'linear' },
    originRun: '8',
    results: { kind: 'named', before: 'm/', after: '@0.json' },
  },
];

const attempt = (number: number, token: string, rest: string): string =>
  `'{"attempt":${number},"layer":"local","token":"${token}",${rest}}'`;

const broke = `{"reason":"error","type":"Error","message":"it broke"}`;

const rows = `
  INSERT INTO flows VALUES ('OldFlow', 1);
  INSERT INTO runs VALUES (1, 'OldFlow', 1, 'user:ada', 'ada', 'running', 1000, NULL, 'abc', 'file:///s', 'p', NULL, NULL,
    'leat run', '{"alpha":0.1}', '{"steps":["start","train","end"]}');
  INSERT INTO tags VALUES (1, 'best');
  INSERT INTO tasks VALUES
    (1, 'start', '', 0, 'succeeded', 2, 1, 'start@1.json', '{"kind":"foreach","items":{"count":5,"index":"items"}}',
      1001, 1002, 1006, 6, '${broke}', 0, NULL,
      ${attempt(1, 'b', '"state":"succeeded","submittedAt":1004,"startedAt":1005,"endedAt":1006')}),
    (1, 'train', 'a0', 0, 'failed', 1, 0, NULL, NULL, 1007, 1008, 1009, 8, '${broke}', 0, NULL,
      ${attempt(0, 'c', `"state":"failed","submittedAt":1007,"startedAt":1008,"endedAt":1009,"failure":${broke}`)}),
    (1, 'train', 'a1', 0, 'running', 1, NULL, NULL, NULL, 1010, 1011, NULL, 9, NULL, 0, NULL,
      ${attempt(0, 'd', '"state":"running","submittedAt":1010,"startedAt":1011')});
  INSERT INTO attempts VALUES (1, 'start', '', 0, 0,
    ${attempt(0, 'a', `"state":"failed","submittedAt":1001,"job":"a","startedAt":1002,"endedAt":1003,"failure":${broke}`)});
  INSERT INTO step_counts VALUES (1, 'start', '{"step":"start","total":1,"byStatus":{"succeeded":1},"caught":0,"reused":0,
    "firstStartedAt":1002,"lastEndedAt":1006}');
`;

interface Counts {
  readonly total: number;
  readonly byStatus: string;
  readonly reused: number;
  readonly lastEndedAt: number;
}

const countsOfTrain = ({ total, byStatus, reused, lastEndedAt }: Counts): string => `
  INSERT INTO step_counts VALUES (1, 'train', '{"step":"train","total":${total},"byStatus":${byStatus},"caught":0,"reused":${reused},
    "firstStartedAt":1008,"lastEndedAt":${lastEndedAt}}');`;

const rowsOfChunks = `
  INSERT INTO chunks VALUES (1, 1, 'e', 'train', '', 0, '[2,5]', 0, 'local', 'packs/e', 1020, NULL, 1);
  INSERT INTO open_ranges VALUES (1, 'train', 'a4', 0, 1, 1);
  INSERT INTO done_ranges VALUES (1, 1, 'train', 'a2', 0, 2, 1, 'linear', X'00a006fa0f0200140004');
`;

const rowsOfReused = `
  INSERT INTO reused_ranges VALUES (1, 1, 'train', 'b30', 0, 4, 1030, '8', 'linear', 'm/', '@0.json', NULL);
`;

const countsOfVersion = {
  first: { total: 2, byStatus: '{"failed":1,"running":1}', reused: 0, lastEndedAt: 1009 },
  chunks: { total: 5, byStatus: '{"failed":1,"succeeded":2,"running":2}', reused: 0, lastEndedAt: 1024 },
  reused: { total: 9, byStatus: '{"failed":1,"succeeded":6,"running":2}', reused: 4, lastEndedAt: 1030 },
};

interface OlderVersion {
  readonly rows: string;
  /** The log of its run, from which all that is known of the run follows. */
  readonly events: readonly RunEvent[];
}

/** What a database of each earlier version holds. */
export const olderVersions: ReadonlyMap<number, OlderVersion> = new Map([
  [1, { rows: rows + countsOfTrain(countsOfVersion.first), events }],
  [
    2,
    {
      rows: rows + countsOfTrain(countsOfVersion.chunks) + rowsOfChunks,
      events: [...events, ...chunkEvents],
    },
  ],
  [
    3,
    {
      rows: rows + countsOfTrain(countsOfVersion.reused) + rowsOfChunks + rowsOfReused,
      events: [...events, ...chunkEvents, ...reusedEvents],
    },
  ],
]);

/** Makes such a file. */
export function writeOlderFile(file: string, version: number, older: OlderVersion): void {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL');
  for (const migration of migrations.slice(0, version)) database.exec(migration);
  // The four bytes of 'Leat'.
  database.exec(`PRAGMA application_id = 1281712500; PRAGMA user_version = ${version}`);
  database.exec(older.rows);
  const last = older.events.length;
  database.exec(`INSERT INTO leases VALUES (1, 'here:1', 1, 31000, ${last})`);
  database.prepare('INSERT INTO events VALUES (1, ?, ?)').run(last, JSON.stringify(older.events));
  database.close();
}
