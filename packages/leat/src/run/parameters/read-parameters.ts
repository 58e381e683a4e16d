/**
 * Values for a flow's parameters, before the run exists: the command line, what code gave, the environment, a file, defaults,
 * in this order. Every value is converted and checked, and all that is wrong is said at once. Reads no file itself and
 * knows no store.
 */
import type { ParameterDescription } from '../../flow/description.ts';
import { isStandardSchema } from '../../flow/standard-schema.ts';
import { validated, validatedText } from './convert-schema.ts';
import { jsonFromText, listFromTexts, scalarFromText } from './convert-text.ts';
import { chosen, plainFromValue } from './convert-value.ts';
import {
  fromArguments,
  fromEnvironment,
  fromRecord,
  type Given,
  type GivenValues,
  variableOf,
} from './given-values.ts';
import { parseParameterFile } from './parameter-file.ts';
import {
  accepted,
  type Converted,
  parameterError,
  type ParameterProblem,
  refused,
  shown,
} from './parameter-problem.ts';

export interface ParameterSources {
  /** What the command line holds beyond Leat's own options: `['--alpha', '0.2']`. */
  readonly arguments?: readonly string[];
  /** `run(TrainFlow, { parameters })`. */
  readonly values?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `--params`: path of a JSON or YAML file. */
  readonly file?: string | undefined;
  /** Reads a file by a path that is relative to the working directory. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
}

export interface ParameterValues {
  /** A value for every parameter, in the order of the class. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where each value came from: `--alpha`, `LEAT_PARAM_ALPHA`, `'alpha' in p.yaml`, `default`. */
  readonly origins: Readonly<Record<string, string>>;
}

/**
 * Gives every parameter of a flow its value.
 *
 * @throws PARAMETER_INVALID that names every parameter that is missing, unknown or not accepted, and where it was said.
 */
export async function readParameters(
  parameters: readonly ParameterDescription[],
  sources: ParameterSources,
): Promise<ParameterValues> {
  const said = await allGiven(parameters, sources);
  const problems: ParameterProblem[] = said.flatMap((source) => source.problems);
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const parameter of parameters) {
    const { name } = parameter;
    const given = said.find((source) => source.given.has(name))?.given.get(name);
    // A complaint about how it was written says it all.
    if (given === undefined && problems.some((problem) => problem.parameter === name)) continue;
    const converted =
      given === undefined ? await initial(parameter, sources) : await convert(parameter, given, sources);
    const from = given?.from ?? 'default';
    if (converted.ok) Object.assign(values, { [name]: converted.value });
    else
      problems.push({
        parameter: name,
        from: given?.from ?? `--${name}`,
        message: converted.message,
        hint: converted.hint,
      });
    origins[name] = from;
  }
  if (problems.length > 0) throw parameterError(problems);
  return { values, origins };
}

async function allGiven(
  parameters: readonly ParameterDescription[],
  sources: ParameterSources,
): Promise<readonly GivenValues[]> {
  const { arguments: args = [], values = {}, env = {}, file } = sources;
  const given = [
    fromArguments(parameters, args),
    fromRecord(parameters, values, 'of the parameters'),
    fromEnvironment(parameters, env),
  ];
  if (file === undefined) return given;
  try {
    const text = Buffer.from(await sources.readFile(file)).toString('utf8');
    return [...given, fromRecord(parameters, await parseParameterFile(file, text), `in ${file}`)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'PARAMETER_INVALID') throw error;
    throw parameterError([
      {
        parameter: '--params',
        from: '--params',
        message: `the file '${file}' cannot be read: ${(error as Error).message}`,
      },
    ]);
  }
}

async function convert(
  parameter: ParameterDescription,
  given: Given,
  sources: ParameterSources,
): Promise<Converted> {
  if ('value' in given) return convertValue(parameter, given.value, sources);
  const { kind, schema } = parameter;
  const { texts } = given;
  // The last word counts, as with every other option; a list collects.
  const text = texts.at(-1) ?? '';
  if (kind === 'list') return chosen(parameter, listFromTexts(parameter, texts));
  if (kind === 'json') return jsonFromText(text);
  if (kind === 'file') return fileContent(parameter, text, sources);
  if (kind === 'schema') return isStandardSchema(schema) ? validatedText(schema, text) : accepted(text);
  return chosen(parameter, scalarFromText(kind, text));
}

async function convertValue(
  parameter: ParameterDescription,
  value: unknown,
  sources: ParameterSources,
): Promise<Converted> {
  const { kind, schema } = parameter;
  if (kind === 'json') return accepted(value);
  if (kind === 'schema') return isStandardSchema(schema) ? validated(schema, value) : accepted(value);
  if (kind !== 'file') return chosen(parameter, plainFromValue(parameter, value));
  return typeof value === 'string'
    ? fileContent(parameter, value, sources)
    : refused(`expected the path of a file, got ${shown(value)}`);
}

async function initial(parameter: ParameterDescription, sources: ParameterSources): Promise<Converted> {
  const { default: value, kind, name, required, schema } = parameter;
  if (required)
    return refused(
      'it is required and has no value',
      `give it as --${name} VALUE, as ${variableOf(name)}, or in the file of --params`,
    );
  if (kind === 'schema' && isStandardSchema(schema)) return validated(schema, value);
  return kind === 'file' ? fileContent(parameter, String(value), sources) : accepted(value);
}

async function fileContent(
  { encoding }: ParameterDescription,
  path: string,
  { readFile }: ParameterSources,
): Promise<Converted> {
  try {
    const bytes = await readFile(path);
    return accepted(
      encoding === 'bytes' ? new Uint8Array(bytes) : new TextDecoder('utf-8', { fatal: true }).decode(bytes),
    );
  } catch (error) {
    if (error instanceof TypeError) {
      return refused(
        `the file '${path}' is no UTF-8 text`,
        "take its bytes: parameter.file({ encoding: 'bytes' })",
      );
    }
    return refused(`the file '${path}' cannot be read: ${(error as Error).message}`);
  }
}
