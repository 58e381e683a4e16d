import type { RoleFacts } from '../../diagnose/facts.ts';
import type { SurroundingsApi } from './api.ts';

/** What IAM knows of a role. @throws what IAM says when it may not be asked */
export async function roleFacts(
  api: Pick<SurroundingsApi, 'role'>,
  arn: string,
  signal: AbortSignal,
): Promise<RoleFacts> {
  const role = await api.role(arn.slice(arn.lastIndexOf('/') + 1), signal);
  if (role === undefined) return { exists: false };
  const trusts = trustedServices(role.AssumeRolePolicyDocument);
  return { exists: true, ...(trusts === undefined ? {} : { trusts }) };
}

interface Policy {
  readonly Statement?: Statement | readonly Statement[];
}

/** By kind: `Service`, `AWS`, `Federated`. */
type Principals = Readonly<Partial<Record<string, string | readonly string[]>>>;

interface Statement {
  readonly Effect?: string;
  readonly Principal?: Principals | string;
  readonly Condition?: unknown;
}

/** Services that a policy lets take on its role. What is denied is not trusted, whatever allows it. `undefined`: it cannot be read, or lets everybody. */
export function trustedServices(document: string | undefined): readonly string[] | undefined {
  if (document === undefined) return undefined;
  try {
    const { Statement = [] } = JSON.parse(decodeURIComponent(document)) as Policy;
    const statements = [Statement].flat();
    const allowing = statements.filter(({ Effect }) => Effect === 'Allow');
    if (allowing.some(isEverybody)) return undefined;
    // One with a condition may or may not hold: it is not counted on.
    const denying = statements.filter(
      ({ Effect, Condition }) => Effect === 'Deny' && Condition === undefined,
    );
    if (denying.some(isEverybody)) return [];
    const denied = new Set(denying.flatMap(servicesOf));
    return allowing.flatMap(servicesOf).filter((service) => !denied.has(service));
  } catch {
    return undefined;
  }
}

/** A `*` names nobody: it stands for all, by itself as well as for all services or all of AWS. */
const isEverybody = ({ Principal = {} }: Statement): boolean =>
  typeof Principal === 'string'
    ? Principal === '*'
    : [Principal['Service'] ?? [], Principal['AWS'] ?? []].flat().includes('*');

const servicesOf = ({ Principal = {} }: Statement): readonly string[] =>
  typeof Principal === 'string' ? [] : [Principal['Service'] ?? []].flat();
