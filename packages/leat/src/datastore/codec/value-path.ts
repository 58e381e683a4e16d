/** A place inside a value, kept as a chain so that a walk costs no text until something is refused. */
export interface ValuePlace {
  readonly parent: ValuePlace | undefined;
  /** As it is printed: `.layers`, `[3]`, `.get("fi")`. */
  readonly key: string | number;
  readonly how: 'field' | 'index' | 'map-value' | 'map-key' | 'set-entry';
}

// A place 1,000 levels deep is named by its two ends.
const shownSteps = 40;

/** `this.model` and a place → `this.model.layers[3].fn`. */
export function printPlace(root: string, place: ValuePlace | undefined): string {
  const steps: string[] = [];
  for (let at = place; at !== undefined; at = at.parent) steps.push(printStep(at));
  steps.reverse();
  const shown =
    steps.length <= shownSteps
      ? steps
      : [...steps.slice(0, shownSteps / 2), ' … ', ...steps.slice(-shownSteps / 2)];
  return root + shown.join('');
}

// In a function, since V8 builds the sets of letters where it first meets them, which takes longer than most values do.
const isIdentifier = (key: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key);

function printStep({ key, how }: ValuePlace): string {
  switch (how) {
    case 'index':
      return `[${key}]`;
    case 'map-value':
      return `.get(${key})`;
    case 'map-key':
      return ` (key ${key} of the Map)`;
    case 'set-entry':
      return ` (entry ${key} of the Set)`;
    default:
      return isIdentifier(String(key)) ? `.${key}` : `[${JSON.stringify(key)}]`;
  }
}
