import { LeatError } from '../../errors/index.ts';

/** The local layer's options: none so far. What a task needs is said with `@resources`, how it ends with `@timeout`. */
export type LocalOptions = Readonly<Record<string, never>>;

/** Checks what `--with local:…` or a layer decorator gave. @throws LeatError OPTION_INVALID naming the option. */
export function parseLocalOptions(options: Readonly<Record<string, unknown>>): LocalOptions {
  const [unknown] = Object.keys(options);
  if (unknown === undefined) return {};
  throw new LeatError('OPTION_INVALID', `the compute layer 'local' has no option '${unknown}'`, {
    hint: 'Cores, memory and GPUs are asked for with @resources({ cpu, memory, gpu }).',
    details: { layer: 'local', option: unknown },
  });
}
