import { isLeatError, LeatError } from '../errors/index.ts';
import type {
  CatchErrorOptions,
  EnvironmentOptions,
  ResourcesOptions,
  RetryOptions,
  StepDecorators,
  TimeoutOptions,
} from '../flow/description.ts';
import { catchError } from '../flow/catch-error.ts';
import { environment, resources, retry, timeout } from '../flow/step-decorators.ts';
import type { WithSpec } from './parse-with.ts';

/** The decorators that `--with` adds, sorted by kind. */
export interface AddedDecorators {
  readonly retry?: RetryOptions;
  readonly timeout?: TimeoutOptions;
  readonly resources?: ResourcesOptions;
  readonly catchError?: CatchErrorOptions;
  readonly environment?: EnvironmentOptions;
  readonly layer?: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
}

type Kind = keyof AddedDecorators;

// The decorators check their own options, so a value is refused in the same words wherever it is written.
const checks: Readonly<Record<string, (options: never) => unknown>> = {
  retry,
  timeout,
  resources,
  environment,
  catchError,
};

/** Names that `--with` takes and that are no compute layers. */
export const decoratorNames: readonly string[] = Object.keys(checks);

/**
 * Reads the decorators that `--with` adds.
 *
 * @throws OPTION_INVALID when an option is not accepted, a kind is given twice, or two layers are given.
 */
export function addedDecorators(specs: readonly WithSpec[]): AddedDecorators {
  const added: Partial<Record<Kind, unknown>> = {};
  const given = new Map<Kind, WithSpec>();
  for (const spec of specs) {
    const kind = decoratorNames.includes(spec.name) ? (spec.name as Kind) : 'layer';
    const before = given.get(kind);
    if (before !== undefined) throw twice(kind, before, spec);
    given.set(kind, spec);
    added[kind] = kind === 'layer' ? { name: spec.name, options: spec.options } : checked(spec);
  }
  return added as AddedDecorators;
}

/**
 * What of `--with` holds for a step: a kind that the step carries itself is left alone, and `@local` keeps layers away.
 *
 * @throws OPTION_INVALID for a step that is told to stay here and to go elsewhere.
 */
export function addedFor(step: string, own: StepDecorators, added: AddedDecorators): AddedDecorators {
  if (own.local === true && own.layer !== undefined && own.layer.name !== 'local') {
    throw new LeatError('OPTION_INVALID', `the step '${step}' carries @local and @${own.layer.name}`, {
      hint: `@local keeps a step on this machine: remove one of the two`,
    });
  }
  const kept = Object.entries(added).filter(([kind]) => {
    if (kind === 'layer' && own.local === true) return false;
    return own[kind as keyof StepDecorators] === undefined;
  });
  return Object.fromEntries(kept);
}

function checked({ name, options, text }: WithSpec): unknown {
  const final = name === 'environment' ? { vars: variables(options) } : options;
  try {
    checks[name]?.(final as never);
  } catch (error) {
    if (!isLeatError(error)) throw error;
    throw new LeatError('OPTION_INVALID', `--with '${text}': ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
  return final;
}

// `--with environment:OMP_NUM_THREADS=4` names the variables themselves; a variable is text, whatever it looks like.
function variables(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { vars } = options;
  if (typeof vars === 'object' && vars !== null) return vars as Readonly<Record<string, unknown>>;
  const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, asText(value)]));
}

function twice(kind: Kind, before: WithSpec, spec: WithSpec): LeatError {
  if (kind === 'layer' && before.name !== spec.name) {
    return new LeatError(
      'OPTION_INVALID',
      `--with names two compute layers, '${before.name}' and '${spec.name}'`,
      {
        hint: `name one; a step that belongs elsewhere says so itself: @${spec.name}`,
      },
    );
  }
  return new LeatError(
    'OPTION_INVALID',
    `--with '${spec.name}' is given twice: '${before.text}' and '${spec.text}'`,
    {
      hint: `write it once, with all its options`,
    },
  );
}
