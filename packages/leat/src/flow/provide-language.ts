import * as language from './language.ts';

// As `package/bundle-leat.ts` reads it, in code that is older or newer than this: the number is that of its meaning.
const provided = Symbol.for('leat.language/1');

/** Names of what {@link provideLanguage} provides. */
export const languageNames: readonly string[] = Object.keys(language);

/** Provides the language to code packages that this process loads from now on. */
export function provideLanguage(): void {
  (globalThis as { [provided]?: typeof language })[provided] ??= language;
}
