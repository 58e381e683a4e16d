/** The names of the model families, apart from the models: the flow file reads them without loading a library. */
export const families = [
  'last-value',
  'linear',
  'quadratic',
  'theil-sen',
  'smoothing',
  'gaussian-process',
  'random-forest',
] as const;

export type Family = (typeof families)[number];

export type Metric = 'mae' | 'rmse';

/** Turns names from the command line into families, or says which one is unknown. */
export function parseFamilies(names: readonly string[]): Family[] {
  const unknown = names.filter((name) => !isFamily(name));
  if (unknown.length > 0)
    throw new RangeError(`unknown family ${unknown.join(', ')}: choose from ${families.join(', ')}`);
  if (names.length === 0) throw new RangeError(`no family to try: choose from ${families.join(', ')}`);
  return names.filter(isFamily);
}

function isFamily(name: string): name is Family {
  return (families as readonly string[]).includes(name);
}
