/** How an engine describes a container that has ended, with what its first process has told → how the task's process ended. Pure. */
import type { ExitFacts } from '../machine/task-process.ts';
import type { ContainerState } from './api.ts';
import type { FirstProcess } from './first-process.ts';
import type { ToldEnd } from './init-script.ts';

/** States in which a task may go on, or tidy up. Podman sets `Running` in the first one only. */
const unended: ReadonlySet<string> = new Set(['running', 'stopping', 'paused', 'restarting']);

/** Whether a container has begun and not ended. */
export const isRunning = (state: ContainerState | undefined): boolean =>
  state !== undefined && (state.Running || unended.has(state.Status));

/** What a container was made of. */
export interface MadeOf {
  readonly image: string;
  /** Why there was no Node to lend to it; absent when it was lent one. */
  readonly noNode: string | undefined;
  readonly first: FirstProcess['kind'];
}

/** `state`: `undefined` when there is no such container any more. */
export function exitOf(state: ContainerState | undefined, told: ToldEnd, made: MadeOf): ExitFacts {
  if (state === undefined) return { lost: 'its container was removed by something outside Leat' };
  if (told.noNode) return { error: new Error(noNodeIn(made)), permanent: true };
  return unbegun(state, told, made) ?? endOf(state, told);
}

/** Of a container whose first process could not begin. */
function unbegun(
  { Error: refused, ExitCode: code }: ContainerState,
  { begun }: ToldEnd,
  { first, image }: MadeOf,
): ExitFacts | undefined {
  // The engine could not run it, whatever came first.
  if (refused !== '' && code !== 0 && !isSignal(code))
    return { error: new Error(refused), permanent: isPermanent(code) };
  // No shell is there to try: the Node that is lent has died before it could do anything, or lives.
  return first === 'node' && !begun && isRefusedByLoader(code)
    ? { error: new Error(neitherIn(image)), permanent: true }
    : undefined;
}

function endOf(state: ContainerState, told: ToldEnd): ExitFacts {
  // The first process knows best: an engine that has lost sight of a container, as podman does when its folder in /run is cleared, says 0.
  const code = told.code ?? state.ExitCode;
  const outOfMemory = code === killed && (state.OOMKilled || told.outOfMemory);
  const facts = { code, outOfMemory };
  if (told.code !== undefined || outOfMemory) return facts;
  if (code === 0) return { ...facts, lost: 'its container engine has lost sight of its container' };
  // Of a task that kills itself, and of one that the kernel kills, the first process would have told.
  return code === killed ? { ...facts, lost: 'its container was killed by something outside Leat' } : facts;
}

/** 128 and SIGKILL. */
const killed = 137;
const isSignal = (code: number): boolean => code > 128;
/** What shells and engines say of a program that cannot be run, or is not there. */
const isPermanent = (code: number): boolean => code === 126 || code === 127;

/** Of an image that has no shell, and whose C library does not do for the Node that is lent to it. */
export const neitherIn = (image: string): string =>
  `the image '${image}' has neither a /bin/sh nor the C library that the Node of this machine needs (glibc, and not an old one). ` +
  "Take one with either, such as Debian's or a distroless one with glibc";

/** What the dynamic loader ends with: it finds no library, or one that is too old. */
const isRefusedByLoader = (code: number): boolean => code === 127 || code === 1;

function noNodeIn({ image, noNode }: MadeOf): string {
  if (noNode !== undefined)
    return `the image '${image}' has no Node ≥ 24 of its own, and there is none to lend to it: ${noNode}`;
  return (
    `the image '${image}' cannot run the Node of this machine, usually because it has no glibc (Alpine has musl), and has no Node ≥ 24 of its own. ` +
    'Take an image of Debian, Ubuntu or the like, or one with such a Node'
  );
}
