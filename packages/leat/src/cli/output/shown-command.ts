import { withoutPassword } from '../../errors/without-password.ts';

/** A URL with what stands before a host, or a secret in its query, at the end of an argument. */
const url = /[a-z][a-z0-9+.-]*:\/\/\S*(?:@|[?&][^=\s]*pass).*$/is;

/** An argument as it may be shown: a password in a URL is left out. */
const shownArgument = (argument: string): string => argument.replace(url, (found) => withoutPassword(found));

/** A command line as a run keeps it and people see it. */
export function shownCommand(argv: readonly string[]): string {
  return ['leat', ...argv.map(shownArgument)].join(' ');
}

/** A text about a command line, without the passwords that the arguments hold. */
export function withoutSecrets(text: string, argv: readonly string[]): string {
  return argv.reduce((shown, argument) => shown.replaceAll(argument, shownArgument(argument)), text);
}
