import type { RoleFacts } from '../../diagnose/facts.ts';
import type { Clients } from './clients.ts';

/** What IAM knows of a role. @throws what IAM says when it may not be asked */
export async function roleFacts(
  clients: Pick<Clients, 'iam'>,
  arn: string,
  abortSignal: AbortSignal,
): Promise<RoleFacts> {
  const { GetRoleCommand } = await import('@aws-sdk/client-iam');
  const client = await clients.iam();
  try {
    const RoleName = arn.slice(arn.lastIndexOf('/') + 1);
    const { Role } = await client.send(new GetRoleCommand({ RoleName }), { abortSignal });
    const trusts = trustedServices(Role?.AssumeRolePolicyDocument);
    return { exists: true, ...(trusts === undefined ? {} : { trusts }) };
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('NoSuchEntity')) return { exists: false };
    throw error;
  }
}

interface Policy {
  readonly Statement?: Statement | readonly Statement[];
}

interface Statement {
  readonly Effect?: string;
  readonly Principal?: { readonly Service?: string | readonly string[] } | string;
}

/** `undefined`: it cannot be read, or lets everybody. */
export function trustedServices(document: string | undefined): readonly string[] | undefined {
  if (document === undefined) return undefined;
  try {
    const { Statement = [] } = JSON.parse(decodeURIComponent(document)) as Policy;
    const services: string[] = [];
    for (const { Effect, Principal } of [Statement].flat()) {
      if (Effect !== 'Allow') continue;
      if (typeof Principal === 'string') return undefined;
      services.push(...[Principal?.Service ?? []].flat());
    }
    return services;
  } catch {
    return undefined;
  }
}
