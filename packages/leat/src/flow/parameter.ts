/**
 * `parameter(…)`: what stands in a field of the flow class. At run time it returns a branded placeholder, which
 * `describe-flow.ts` collects and the runner replaces by the value. Text is turned into values elsewhere (`run/`).
 */
import { LeatError } from '../errors/index.ts';
import type { ParameterDescription } from './description.ts';
import { isStandardSchema, type SchemaOutput, type StandardSchema } from './standard-schema.ts';

type Scalar = string | number | boolean;
type ScalarConstructor = StringConstructor | NumberConstructor | BooleanConstructor;

/** The type of a default without its literal: `0.1` is a number. */
type Widen<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean : never;
type Built<C> = C extends StringConstructor ? string : C extends NumberConstructor ? number : boolean;

/** Options of every parameter. */
export interface ParameterOptions {
  /** One line for `--help`. */
  readonly help?: string;
}

/** Options of a parameter that takes one of some values. */
export interface ChoiceOptions<C extends string | number> extends ParameterOptions {
  readonly choices: readonly C[];
}

/** Options of a parameter that takes several values. */
export interface ListOptions extends ParameterOptions {
  /** Between the entries on the command line; `,` unless told. */
  readonly separator?: string;
}

/** Options of `parameter.file`. */
export interface FileParameterOptions extends ParameterOptions {
  /** A path, relative to the folder where `leat run` is called; without it the parameter is required. */
  readonly default?: string;
}

/** What a placeholder tells: a description that has no name yet. */
export type ParameterFacts = Omit<ParameterDescription, 'name'>;

const brand = Symbol.for('leat.parameter/1');

/** See {@link parameter}. */
export interface Parameter {
  <const C extends string | number>(initial: NoInfer<C>, options: ChoiceOptions<C>): C;
  <const C extends string | number>(
    initial: readonly NoInfer<C>[],
    options: ChoiceOptions<C> & ListOptions,
  ): C[];
  <const C extends string | number>(
    type: StringConstructor | NumberConstructor,
    options: ChoiceOptions<C>,
  ): C;
  <T extends Scalar>(initial: T, options?: ParameterOptions): Widen<T>;
  <C extends ScalarConstructor>(type: C, options?: ParameterOptions): Built<C>;
  <C extends ScalarConstructor>(type: readonly [C], options?: ListOptions): Built<C>[];
  <T extends Scalar>(initial: readonly T[], options?: ListOptions): T[];
  <S extends StandardSchema>(
    schema: S,
    options?: ParameterOptions & { readonly default?: unknown },
  ): SchemaOutput<S>;
  /** A parameter that is given as JSON. Without a default it is required. */
  readonly json: {
    <T>(initial: T, options?: ParameterOptions): T;
    <T>(initial?: undefined, options?: ParameterOptions): T;
  };
  /** A parameter that names a file and holds its content as the run starts: text, or bytes. */
  readonly file: {
    (options: FileParameterOptions & { readonly encoding: 'bytes' }): Uint8Array;
    (options?: FileParameterOptions & { readonly encoding?: 'utf8' }): string;
  };
}

/**
 * A parameter of the flow: a read-only field, set with `--name` on the command line, `LEAT_PARAM_NAME`, or a file.
 *
 * @example
 * alpha = parameter(0.1, { help: 'learning rate' });             // number, with a default
 * name = parameter(String);                                       // required
 * metric = parameter('mae', { choices: ['mae', 'rmse'] });        // 'mae' | 'rmse'
 * countries = parameter(['fi', 'se'], { separator: ';' });        // string[]
 * sizes = parameter([Number]);                                    // number[], required
 * config = parameter.json<Config>();                              // JSON
 * prompt = parameter.file({ default: 'prompt.txt' });             // the text of a file
 * since = parameter(z.coerce.date());                             // any Standard Schema
 * @throws LeatError OPTION_INVALID
 */
export const parameter: Parameter = Object.assign(valueParameter, {
  json: jsonParameter,
  file: fileParameter,
}) as Parameter;

function valueParameter(first: unknown, options: Readonly<Record<string, unknown>> = {}): unknown {
  const { help, choices, separator } = options as ParameterOptions &
    Partial<ChoiceOptions<string>> &
    ListOptions;
  const common = {
    ...(help !== undefined && { help }),
    ...(choices !== undefined && { choices: checkChoices(choices) }),
  };
  if (isStandardSchema(first)) return placeholder({ ...common, ...schemaFacts(first, options) });
  if (Array.isArray(first))
    return placeholder({ ...common, ...checkDefault(listFacts(first, separator), choices) });
  const type = scalarOf(first);
  if (type !== undefined) return placeholder({ ...common, kind: type, required: true });
  const kind = typeof first;
  if (kind !== 'string' && kind !== 'number' && kind !== 'boolean') {
    throw new LeatError(
      'OPTION_INVALID',
      `parameter(…) got ${first === null ? 'null' : kind}, expected a default value, String, Number, Boolean, an array or a schema`,
      { hint: 'Use parameter.json(default) for an object, parameter(String) for a required parameter.' },
    );
  }
  return placeholder({ ...common, ...checkDefault({ kind, required: false, default: first }, choices) });
}

function jsonParameter(initial?: unknown, { help }: ParameterOptions = {}): unknown {
  const given = initial === undefined ? { required: true } : { required: false, default: initial };
  return placeholder({ kind: 'json', ...(help !== undefined && { help }), ...given });
}

function fileParameter(
  options: FileParameterOptions & { readonly encoding?: 'utf8' | 'bytes' } = {},
): unknown {
  const { default: initial, help, encoding = 'utf8' } = options;
  const given = initial === undefined ? { required: true } : { required: false, default: initial };
  return placeholder({ kind: 'file', encoding, ...(help !== undefined && { help }), ...given });
}

/** The facts of a placeholder made by `parameter(…)` in any copy of this module; `undefined` for other values. */
export function parameterFacts(value: unknown): ParameterFacts | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<symbol, ParameterFacts | undefined>)[brand];
}

function placeholder(facts: ParameterFacts): object {
  const tooEarly = (): never => {
    throw new LeatError('STEP_MISUSE', 'a parameter is used before the run has given it a value', {
      hint: 'Fields of the class are made before parameters have values: compute what depends on one in start().',
    });
  };
  return Object.defineProperties(
    {},
    { [brand]: { value: facts }, [Symbol.toPrimitive]: { value: tooEarly }, toJSON: { value: tooEarly } },
  );
}

function scalarOf(type: unknown): 'string' | 'number' | 'boolean' | undefined {
  if (type === String) return 'string';
  if (type === Number) return 'number';
  return type === Boolean ? 'boolean' : undefined;
}

function listFacts(first: readonly unknown[], separator = ','): ParameterFacts {
  if (typeof separator !== 'string' || separator === '')
    throw new LeatError('OPTION_INVALID', "parameter(…): 'separator' must be a text that is not empty");
  const list = { kind: 'list', separator } as const;
  const type = first.length === 1 ? scalarOf(first[0]) : undefined;
  if (type !== undefined) return { ...list, item: type, required: true };
  const kinds = new Set(first.map((entry) => typeof entry));
  const [item = 'string'] = kinds;
  if (kinds.size > 1 || (item !== 'string' && item !== 'number' && item !== 'boolean')) {
    throw new LeatError(
      'OPTION_INVALID',
      `parameter([…]) got entries of ${[...kinds].join(' and ')}, expected all strings, all numbers or all booleans`,
      {
        hint: 'Use parameter.json([…]) for other lists.',
      },
    );
  }
  return { ...list, item, required: false, default: [...first] };
}

function schemaFacts(schema: StandardSchema, options: Readonly<Record<string, unknown>>): ParameterFacts {
  const given = options['default'];
  if (given !== undefined) return { kind: 'schema', schema, required: false, default: given };
  // A schema may have a default of its own. An asynchronous one answers later, when the value is validated.
  const answer = schema['~standard'].validate(undefined);
  if (answer instanceof Promise) answer.catch(() => undefined);
  return { kind: 'schema', schema, required: !(answer instanceof Promise) && answer.issues !== undefined };
}

function checkChoices(choices: readonly unknown[]): readonly (string | number)[] {
  const fine =
    Array.isArray(choices) &&
    choices.length > 0 &&
    choices.every((choice) => ['string', 'number'].includes(typeof choice));
  if (!fine)
    throw new LeatError('OPTION_INVALID', "parameter(…): 'choices' must be strings or numbers, at least one");
  return [...(choices as (string | number)[])];
}

function checkDefault(facts: ParameterFacts, choices: readonly unknown[] | undefined): ParameterFacts {
  const initial: readonly unknown[] = facts.default === undefined ? [] : [facts.default].flat();
  const strange = initial.find((value) => choices !== undefined && !choices.includes(value));
  if (strange === undefined) return facts;
  throw new LeatError(
    'OPTION_INVALID',
    `the default ${JSON.stringify(strange)} is none of the choices ${choices?.join(', ')}`,
  );
}
