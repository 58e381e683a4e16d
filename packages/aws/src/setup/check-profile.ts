/** Tries out what a profile says of AWS: who is calling, the queue and its environments, the roles. */
import type { ProfileCheck, ProfileValues } from 'leat/cli';
import type { FoundQueue, SetupApi } from './api.ts';

/** Each check by itself: one that cannot be made keeps none from being made. */
export async function* checkProfile(profile: ProfileValues, api: SetupApi): AsyncGenerator<ProfileCheck> {
  yield await tried('AWS', async () => ({
    state: 'ok',
    says: `${await api.caller()} in ${await api.region()}`,
  }));
  const { queue, jobRole, executionRole } = profile.layers?.['batch'] ?? {};
  if (typeof queue === 'string')
    yield await tried(`queue '${queue}'`, async () => checkQueue(await api.queue(queue), api));
  for (const [what, arn] of [
    ['jobRole', jobRole],
    ['executionRole', executionRole],
  ] as const) {
    if (typeof arn === 'string')
      yield await tried(`${what} ${arn.split('/').at(-1)}`, async () => checkRole(arn, api));
  }
}

type Verdict = Pick<ProfileCheck, 'state' | 'says' | 'hint'>;

async function tried(what: string, check: () => Promise<Verdict>): Promise<ProfileCheck> {
  try {
    return { what, ...(await check()) };
  } catch (error) {
    return { what, ...failureOf(error) };
  }
}

function failureOf(error: unknown): Verdict {
  const says = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (/AccessDenied|not authorized/i.test(says))
    return {
      state: 'warning',
      says,
      hint: 'It may exist all the same: you may not ask. See UserPolicy in `leat aws template`.',
    };
  if (/Region is missing/i.test(says))
    return { state: 'failed', says, hint: 'leat configure aws --region eu-north-1' };
  if (/credentials|CredentialsProvider|ExpiredToken|SSO/i.test(says))
    return { state: 'failed', says, hint: 'aws configure, or aws sso login, or AWS_PROFILE' };
  return { state: 'failed', says };
}

async function checkQueue(queue: FoundQueue | undefined, api: SetupApi): Promise<Verdict> {
  if (queue === undefined) {
    const there = await api.queues();
    const hint = `Queues in ${await api.region()}: ${there.length === 0 ? 'none' : there.join(', ')}.`;
    return { state: 'failed', says: 'there is no such queue', hint };
  }
  if (queue.state !== 'ENABLED' || queue.status !== 'VALID')
    return { state: 'failed', says: `it is ${queue.state} and ${queue.status}${reasonOf(queue)}` };
  const usable = queue.environments.filter(({ state, status }) => state === 'ENABLED' && status === 'VALID');
  const says = queue.environments
    .map(
      (one) =>
        `${one.name} (${one.kind ?? 'unmanaged'}, ${one.state} ${one.status}${reasonOf(one)}, at most ${one.maxVcpus ?? '?'} vCPU)`,
    )
    .join(', ');
  if (queue.environments.length === 0) return { state: 'failed', says: 'it has no compute environment' };
  return {
    state: usable.length === 0 ? 'failed' : usable.length < queue.environments.length ? 'warning' : 'ok',
    says,
  };
}

/** Batch says something nice of what is well. */
const reasonOf = ({
  status,
  statusReason,
}: {
  readonly status: string;
  readonly statusReason?: string;
}): string => (statusReason === undefined || status === 'VALID' ? '' : `: ${statusReason}`);

async function checkRole(arn: string, api: SetupApi): Promise<Verdict> {
  const role = await api.role(arn);
  if (!role.exists) return { state: 'failed', says: 'there is no such role' };
  if (role.trusts === undefined)
    return { state: 'ok', says: 'there; whom it trusts cannot be read from its policy' };
  if (role.trusts.includes('ecs-tasks.amazonaws.com'))
    return { state: 'ok', says: 'there, and tasks of ECS may take it on' };
  return {
    state: 'failed',
    says: `it trusts ${role.trusts.join(', ') || 'no service'}`,
    hint: 'Add ecs-tasks.amazonaws.com to its trust policy.',
  };
}
