import type { ParameterDescription } from '../../flow/description.ts';
import { nearest } from '../../plan/nearest.ts';
import type { ParameterProblem } from './parameter-problem.ts';

/** What somebody has said about one parameter. `texts`: as typed, once for each time it was said. `value`: data. */
export type Given = { readonly from: string } & (
  | { readonly texts: readonly string[] }
  | { readonly value: unknown }
);

/** What a source says, by the parameter's name; the first source that names a parameter decides. */
export interface GivenValues {
  readonly given: ReadonlyMap<string, Given>;
  readonly problems: readonly ParameterProblem[];
}

/** `someName` → `some-name`: both are taken on the command line. */
const kebab = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();

/** `someName` → `LEAT_PARAM_SOME_NAME`. */
export const variableOf = (name: string): string =>
  `LEAT_PARAM_${kebab(name).replaceAll('-', '_').toUpperCase()}`;

/**
 * Reads what is left of the command line: `--name value`, `--name=value`, `--flag`, `--no-flag`; a name may be repeated. A
 * value that starts with `--` has to be written behind `=`.
 */
export function fromArguments(
  parameters: readonly ParameterDescription[],
  args: readonly string[],
): GivenValues {
  const given = new Map<string, { readonly from: string; readonly texts: string[] }>();
  const problems: ParameterProblem[] = [];
  const rest = [...args];
  for (let token = rest.shift(); token !== undefined; token = rest.shift()) {
    const said = readToken(parameters, token, rest);
    if ('message' in said) {
      problems.push(said);
      continue;
    }
    const before = given.get(said.name);
    if (before === undefined) given.set(said.name, { from: said.from, texts: [said.text] });
    else before.texts.push(said.text);
  }
  return { given, problems };
}

interface Said {
  readonly name: string;
  readonly from: string;
  readonly text: string;
}

// What a token says, with those after it that belong to it: they are taken from `rest`.
function readToken(
  parameters: readonly ParameterDescription[],
  token: string,
  rest: string[],
): Said | ParameterProblem {
  const [, flag, written] = /^--([^=]+)(?:=([^]*))?$/.exec(token) ?? [];
  if (flag === undefined)
    return { parameter: token, from: `'${token}'`, message: 'stands behind no parameter' };
  const from = `--${flag}`;
  const found = findFlag(parameters, flag);
  if (found === undefined) {
    if (written === undefined && isValue(rest[0])) rest.shift();
    return unknownName(parameters, flag, from, (name) => `--${name}`);
  }
  const { name } = found.parameter;
  const text = written ?? flagText(found, rest);
  if (text !== undefined) return { name, from, text };
  return {
    parameter: name,
    from,
    message: 'expected a value after it',
    hint: `write ${from}=VALUE when the value starts with --`,
  };
}

interface Flag {
  readonly parameter: ParameterDescription;
  /** `--no-flag` */
  readonly negated: boolean;
}

function findFlag(parameters: readonly ParameterDescription[], flag: string): Flag | undefined {
  const byName = (name: string) => parameters.find((each) => each.name === name || kebab(each.name) === name);
  const parameter = byName(flag);
  if (parameter !== undefined) return { parameter, negated: false };
  const off = flag.startsWith('no-') ? byName(flag.slice(3)) : undefined;
  return off?.kind === 'boolean' ? { parameter: off, negated: true } : undefined;
}

const isValue = (token: string | undefined): token is string =>
  token !== undefined && !token.startsWith('--');

// The text that stands for a flag without `=`; takes the next token when that is its value.
function flagText({ parameter, negated }: Flag, rest: string[]): string | undefined {
  if (negated) return 'false';
  const [next] = rest;
  if (parameter.kind === 'boolean') return next === 'true' || next === 'false' ? rest.shift() : 'true';
  return isValue(next) ? rest.shift() : undefined;
}

/** The environment's `LEAT_PARAM_…` variables; those that name no parameter belong to other flows. */
export function fromEnvironment(
  parameters: readonly ParameterDescription[],
  env: Readonly<Record<string, string | undefined>>,
): GivenValues {
  const given = parameters.flatMap(({ name }) => {
    const text = env[variableOf(name)];
    return text === undefined ? [] : [[name, { from: variableOf(name), texts: [text] }] as const];
  });
  return { given: new Map(given), problems: [] };
}

/** A record of values: a parameters' file, or what code gave. `place` ends the names in messages: `'alpha' in p.yaml`. */
export function fromRecord(
  parameters: readonly ParameterDescription[],
  values: Readonly<Record<string, unknown>>,
  place: string,
): GivenValues {
  const given = new Map<string, Given>();
  const problems: ParameterProblem[] = [];
  for (const [name, value] of Object.entries(values)) {
    const parameter = parameters.find((each) => each.name === name);
    if (parameter === undefined)
      problems.push(unknownName(parameters, name, `'${name}' ${place}`, (near) => `'${near}'`));
    else if (value !== undefined) given.set(name, { from: `'${name}' ${place}`, value });
  }
  return { given, problems };
}

function unknownName(
  parameters: readonly ParameterDescription[],
  name: string,
  from: string,
  show: (name: string) => string,
): ParameterProblem {
  const names = parameters.map((each) => each.name);
  const meant = nearest(name, names);
  const known = names.length === 0 ? 'the flow has none' : `the flow has ${names.map(show).join(', ')}`;
  return {
    parameter: name,
    from,
    message:
      meant === undefined ? `is no parameter; ${known}` : `is no parameter; did you mean ${show(meant)}?`,
  };
}
