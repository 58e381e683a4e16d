/** What a container is started with: a shell where the image has one, else the Node that is lent to it. Pure. */
import { initCommand, lentLibraries, places } from './init-script.ts';

/** The first process of a container. */
export type FirstProcess =
  | { readonly kind: 'shell' }
  /** `libraryPath`: what the step says, else the image, of where libraries are, or ''. */
  | { readonly kind: 'node'; readonly libraryPath: string };

/** Where images have their libraries. */
export const libraryFolders: readonly string[] = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib/aarch64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/lib64',
  '/usr/lib64',
  '/lib',
  '/usr/lib',
];

/** As little memory of its own as can be: it waits. */
const flags: readonly string[] = ['--v8-pool-size=0', '--max-semi-space-size=1'];

/** The command that runs Node with these arguments. */
export function firstCommand(first: FirstProcess, args: readonly string[]): readonly string[] {
  return first.kind === 'shell'
    ? initCommand(args)
    : [places.node, ...flags, `${places.task}/init.cjs`, first.libraryPath, ...args];
}

/** Variables that the first process needs; it does not pass them on. */
export function firstEnvironment(first: FirstProcess): Readonly<Record<string, string>> {
  if (first.kind === 'shell') return {};
  // Nobody can look first what the image has: its own libraries come before those that are lent.
  const lent = lentLibraries.map((name) => `${places.libraries}/${name}`);
  const all = [first.libraryPath, ...libraryFolders, ...lent];
  return { LD_LIBRARY_PATH: all.filter((folder) => folder !== '').join(':') };
}

/** Whether an engine's error says that the image has no shell. */
export const saysNoShell = (message: string): boolean =>
  message.includes('/bin/sh') && /no such file|not found/i.test(message);

/** Whether it says that the Node that is lent cannot be started there: the C library that it needs is not in the image. */
export const saysNoLibrary = (message: string): boolean =>
  message.includes(places.node) && /no such file|not found/i.test(message);
