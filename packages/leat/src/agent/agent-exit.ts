/**
 * Exit codes of a job whose task never ran, since its container could not be made ready or the agent did not get so far. A task may
 * end with the same code of its own: the two are told apart by the record of its end, which is there when a task ran. Pure.
 */

/** Why there is no task. Above what shells and signals use. */
export const agentExits = {
  /** Another processor, musl, or no Node and none brought along. */
  unsupported: 210,
  /** Nothing in the image can download. */
  noDownloader: 211,
  downloadFailed: 212,
  /** The link is not allowed, or leads to nothing. */
  linkRefused: 213,
  /** Not the bytes that were stored. */
  damaged: 214,
  /** No folder to write programs to, or no room in it. */
  noRoom: 215,
  /** Node does not start in this image. */
  nodeBroken: 216,
  /** Variables are missing or wrong. */
  misconfigured: 217,
  /** The work could not be read from the datastore. */
  workUnreadable: 218,
  /** Anything else that ended the agent before its task ran. */
  agentFailed: 219,
  /** The store has said that the link has expired. */
  linkExpired: 220,
} as const;

/** What an exit code of the bootstrap or the agent means. */
export interface AgentExit {
  /** A half-sentence that follows a task's name. */
  readonly message: string;
  readonly hint: string;
  /** The same container will never do it: a layer says `permanent` with `start-failed`. */
  readonly permanent: boolean;
}

const node = 'Use an image with Node 24 or newer, or one built on glibc (Debian, Ubuntu, Red Hat, …).';

const known: Readonly<Record<number, AgentExit>> = {
  [agentExits.unsupported]: {
    message: 'its image has no Node 24, and cannot run the one that Leat brings along',
    hint: node,
    permanent: true,
  },
  [agentExits.noDownloader]: {
    message: 'its image has no Node 24 and nothing to download one with',
    hint: 'Put curl, wget or python3 into the image, or use one with Node 24 or newer.',
    permanent: true,
  },
  [agentExits.downloadFailed]: {
    message: "its container could not download Leat's tools from the datastore",
    hint: 'Does the network of the job reach the datastore? In a subnet without internet access it needs a gateway endpoint for S3.',
    permanent: false,
  },
  [agentExits.linkRefused]: {
    message: "the datastore refused the link to Leat's tools when its container started",
    hint: "Its log has the answer. 403: a policy of the bucket, of a key or of the network's endpoint allows the engine to write the tools and the job not to read them. 404: they were removed, and are stored again with the next start.",
    permanent: false,
  },
  [agentExits.linkExpired]: {
    message: "the link to Leat's tools had expired when its container started",
    hint: 'Links live as long as the credentials of the engine: a role of one hour gives links of one hour. Use longer ones, or start what waits longer again.',
    permanent: false,
  },
  [agentExits.damaged]: {
    message: "Leat's tools came damaged from the datastore",
    hint: 'Something between the container and the datastore changes what passes, such as a proxy; or the objects under tools/ were changed.',
    permanent: false,
  },
  [agentExits.noRoom]: {
    message: 'its container has no folder to put programs into, or no room there',
    hint: 'Allow 300 MB in /tmp that programs may run from; a read-only container needs a volume or a tmpfs there.',
    permanent: true,
  },
  [agentExits.nodeBroken]: {
    message: 'the Node that Leat brings along does not start in its image',
    hint: `${node} Its log says what is missing.`,
    permanent: true,
  },
  [agentExits.misconfigured]: {
    message: 'its job lacks what the compute layer tells it',
    hint: 'The variables LEAT_… of the job were removed or changed: is there something in its environment that overrides them?',
    permanent: true,
  },
  [agentExits.workUnreadable]: {
    message: 'it could not read its work from the datastore',
    hint: "May the job's role read and write the datastore? Its log says what was refused.",
    permanent: false,
  },
  [agentExits.agentFailed]: {
    message: 'the agent ended before its task ran',
    hint: 'Its log says why.',
    permanent: false,
  },
};

/**
 * What the exit code of a job says that has left no end record; `undefined` for a code that is not ours: then the task died together
 * with its container.
 *
 * @example explainAgentExit(220)?.message // "the link to Leat's tools had expired when its container started"
 */
export function explainAgentExit(exitCode: number): AgentExit | undefined {
  return known[exitCode];
}
