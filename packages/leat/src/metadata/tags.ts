/** The rules of tags: what a user may hang on a run, and what Leat derives instead of storing. */
import { LeatError } from '../errors/index.ts';

/** Most tags of one run. */
const maxTags = 50;

/** Most characters of a tag, as a reader counts them. */
const maxTagLength = 500;

/** Tags that every run has without anybody setting them: they are derived from the run and never stored. */
export function systemTags(run: { readonly user: string }): readonly string[] {
  return [`user:${run.user}`];
}

/** `user:ada` → `ada`; `undefined` for a tag that users set. */
export function userOfSystemTag(tag: string): string | undefined {
  return tag.startsWith('user:') ? tag.slice('user:'.length) : undefined;
}

/**
 * Holds tags that somebody wants to add against the rules: not empty, no control characters, not a system tag, at most
 * {@link maxTagLength} characters. Any script and spaces are fine. Throws `OPTION_INVALID`.
 */
export function checkTags(tags: readonly string[]): void {
  for (const tag of tags) {
    const wrong = whatIsWrong(tag);
    if (wrong !== undefined) throw new LeatError('OPTION_INVALID', `the tag ${show(tag)} ${wrong}`);
  }
}

function whatIsWrong(tag: string): string | undefined {
  if (tag.trim() === '') return 'is empty';
  if (/\p{Cc}/u.test(tag)) return 'has a line break or another control character';
  if (!tag.isWellFormed()) return 'is not well-formed Unicode: it has half a character';
  // oxlint-disable-next-line typescript/no-misused-spread -- code points are what is bounded here, not what looks like one character
  const characters = [...tag].length;
  if (characters > maxTagLength) return `has ${characters} characters: at most ${maxTagLength} are allowed`;
  if (userOfSystemTag(tag) !== undefined)
    return 'begins with user:, which every run has by itself; choose another word';
  return undefined;
}

function show(tag: string): string {
  return JSON.stringify(tag.length > 40 ? `${tag.slice(0, 40)}…` : tag);
}

/** Holds the number of tags that a run would have against {@link maxTags}. Throws `OPTION_INVALID`. */
export function checkTagCount(count: number): void {
  if (count <= maxTags) return;
  throw new LeatError('OPTION_INVALID', `the run would have ${count} tags: at most ${maxTags} are allowed`, {
    hint: 'Remove some first: leat tag RUN --remove TAG.',
  });
}
