/** `leat/cli`: for packages that add commands to `leat`. */
export { isLeatError, LeatError } from '../errors/index.ts';
export type { ProfileOption, ProfileValues } from '../home/profile-values.ts';
export { currentUser } from '../home/home.ts';
export { defaultProfile, type Profile, profileFile, readProfile, writeProfile } from '../home/profile.ts';
export type { ProfileCheck } from '../run/try-stores.ts';
export type { Output, Terminal } from './output/terminal.ts';
export type { CommandArgument, CommandCall, CommandOption, Vendor, VendorCommand } from './vendor-command.ts';
