/**
 * What a vendor's package adds to the command line: commands of its own, described as data, and checks of a profile. The package needs no
 * parser, and nobody loads it who does not call it.
 */
import type { ProfileValues } from '../home/profile-values.ts';
import type { ProfileCheck } from '../run/index.ts';
import type { Terminal } from './output/terminal.ts';

/** An argument, in the order of the command line. */
export interface CommandArgument {
  /** `<name>` when it is needed, `[name]` when not, `[names...]` for any number. */
  readonly name: string;
  readonly description: string;
}

/** An option. */
export interface CommandOption {
  /** `--queue <name>`, `-y, --yes` */
  readonly flags: string;
  readonly description: string;
  /** May be given more than once: its value is a list. */
  readonly repeated?: boolean;
}

/** What a command is called with. */
export interface CommandCall {
  readonly terminal: Terminal;
  /** By position; what was left out is missing. */
  readonly arguments: readonly (string | readonly string[])[];
  /** By name, as in `fromStack` for `--from-stack`. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A command. */
export interface VendorCommand {
  /** Its group and its name: `['aws', 'template']`. */
  readonly words: readonly [group: string, name: string];
  readonly summary: string;
  readonly description?: string;
  readonly arguments?: readonly CommandArgument[];
  readonly options?: readonly CommandOption[];
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Does it and returns the exit code. @throws LeatError for what the user can mend */
  run(call: CommandCall): Promise<number>;
}

/** What the entry `PACKAGE/vendor` of a vendor's package exports as `vendor`. */
export interface Vendor {
  readonly commands: readonly VendorCommand[];
  /** Tries out by real calls what a profile says of the vendor's services. Never throws for what a call brings. */
  check(profile: ProfileValues, signal: AbortSignal): AsyncIterable<ProfileCheck>;
}
