/**
 * A URL as it may be shown: in messages, logs, lists, and in what a run keeps. Of a URL that cannot be read nothing but
 * its scheme is shown, since nobody knows which part of it is the password.
 *
 * @example withoutPassword('postgres://ada:secret@db.example/leat') // 'postgres://ada@db.example/leat'
 */
export function withoutPassword(text: string): string {
  try {
    const url = new URL(text);
    const secrets = [...url.searchParams.keys()].filter((name) => /pass|secret/i.test(name));
    if (url.password === '' && secrets.length === 0) return text;
    url.password = '';
    for (const name of secrets) url.searchParams.delete(name);
    return url.href;
  } catch {
    const scheme = /^[a-z][a-z0-9+.-]+:(?:\/\/)?/i.exec(text)?.[0];
    return scheme === undefined ? text : `${scheme}…`;
  }
}
