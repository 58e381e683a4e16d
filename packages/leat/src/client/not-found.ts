/** `NOT_FOUND`, with the names that were probably meant. */
import { LeatError } from '../errors/index.ts';
import { nearestName } from '../graph/nearest-name.ts';

/** Names shown when none is near. */
const maxNames = 12;

/** An error that says what is missing, and which name there is instead. */
export function notFound(what: string, wrong: string, names: readonly string[], hint?: string): LeatError {
  const nearest = nearestName(wrong, names);
  const hints = [nearest === undefined ? listed(names) : `Did you mean '${nearest}'?`, hint].filter(
    (part) => part !== undefined,
  );
  return new LeatError('NOT_FOUND', `there is no ${what}`, {
    hint: hints.join(' '),
    details: { name: wrong },
  });
}

function listed(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, maxNames).join(', ');
  return `There is: ${shown}${names.length > maxNames ? `, and ${names.length - maxNames} more` : ''}.`;
}
