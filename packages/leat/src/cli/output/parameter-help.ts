import type { FlowDescription, ParameterDescription } from '../../flow/description.ts';

const kinds: Readonly<Record<ParameterDescription['kind'], string>> = {
  string: 'text',
  number: 'number',
  boolean: '',
  list: 'list',
  json: 'json',
  file: 'file',
  schema: 'value',
};

function facts(parameter: ParameterDescription): string {
  const parts = [parameter.help ?? ''];
  if (parameter.choices !== undefined) parts.push(`(one of ${parameter.choices.join(', ')})`);
  if (parameter.required) parts.push('(required)');
  else if (parameter.default !== undefined) parts.push(`(default: ${JSON.stringify(parameter.default)})`);
  return parts.filter(Boolean).join(' ');
}

/** The flow's parameters as a section of `leat run FLOW --help`. */
export function parameterHelp({ name, parameters }: FlowDescription): string {
  if (parameters.length === 0) return `\n${name} has no parameters.\n`;
  const flags = parameters.map(
    (parameter) => `--${parameter.name}${kinds[parameter.kind] === '' ? '' : ` <${kinds[parameter.kind]}>`}`,
  );
  const width = Math.max(...flags.map((flag) => flag.length));
  const lines = parameters.map((parameter, i) =>
    `  ${(flags[i] ?? '').padEnd(width)}  ${facts(parameter)}`.trimEnd(),
  );
  return `\nParameters of ${name} (also as LEAT_PARAM_<NAME>, or in the file of --params):\n${lines.join('\n')}\n`;
}
