import { LeatError } from '../errors/index.ts';
import { currentNamespace, meansEverybody } from '../home/home.ts';

/**
 * The namespace of a new run: the one that was told, else `LEAT_NAMESPACE`, else `user:NAME`.
 *
 * @throws OPTION_INVALID for the names that mean everybody's: whoever reads may look everywhere, a run is filed under one.
 */
export function runNamespace(told: string | undefined): string {
  const namespace = told ?? currentNamespace();
  if (!meansEverybody(namespace) && namespace.trim() !== '') return namespace;
  const where = told === undefined ? 'LEAT_NAMESPACE' : '--namespace';
  throw new LeatError('OPTION_INVALID', `a run belongs to one namespace, got '${namespace}' (${where})`, {
    hint: `Name one, as in --namespace team:risk; without it, it is user:NAME. '*' is for commands that read.`,
  });
}
