/**
 * Ends the engine's tasks when the engine dies, however it dies: also by `kill -9`, and also a task in a synchronous loop.
 * One small shell reads the engine's process groups from a pipe; the pipe's end is the engine's end. It then removes the folder that
 * the engine would have removed, too.
 */
import { LeatError } from '../../errors/index.ts';
import { type ShellProcess, startShell } from './api.ts';

// `+ group` adopts, `- group` forgets, `/ folder` names what is to be removed. At the end of the input: TERM to all that is left, a moment
// later KILL.
const script = `
groups=' '
folder=
while read -r sign group; do
  case $sign in
    /) folder=$group ;;
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
alive=
for group in $groups; do kill -s TERM -- "-$group" && alive="$alive $group"; done
if [ -n "$alive" ]; then
  sleep 1
  for group in $alive; do kill -s KILL -- "-$group"; done
fi
[ -z "$folder" ] || rm -rf -- "$folder"
`;

/** Groups that have ended are told together with the next that begins, or after so long, in milliseconds. */
const forgetMs = 100;

/** A shell that dies is started again, but not for ever: something on this machine does not want it. */
const mostStarts = 5;

export class Reaper {
  readonly #groups = new Set<number>();
  /** Lines that are not told yet. */
  #untold: string[] = [];
  #telling: NodeJS.Timeout | undefined;
  #folder: string | undefined;
  #shell: ShellProcess | undefined;
  #starts = 0;
  #closed = false;

  /** @throws LeatError LAYER_FAILED when there is no `/bin/sh` that can be started. */
  static async open(): Promise<Reaper> {
    const reaper = new Reaper();
    await reaper.#start();
    return reaper;
  }

  /** From now on the group ends with the engine. */
  adopt(group: number): void {
    this.#groups.add(group);
    this.#untold.push(`+ ${group}`);
    this.#tell();
  }

  /** The group has ended. That need not be told at once: its number is not given to another for long. */
  forget(group: number): void {
    if (!this.#groups.delete(group)) return;
    this.#untold.push(`- ${group}`);
    this.#telling ??= setTimeout(() => this.#tell(), forgetMs).unref();
  }

  /** From now on this folder ends with the engine; `undefined`: none does. */
  owns(folder: string | undefined): void {
    this.#folder = folder;
    this.#tellFolder();
  }

  /** Ends the shell. Groups that are still adopted are ended by it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#tell();
    this.#shell?.end();
    await this.#shell?.exited;
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    if (this.#untold.length > 0) this.#shell?.write(this.#untold.join('\n'));
    this.#untold = [];
  }

  #tellFolder(): void {
    // A name of two lines would be read as two orders.
    if (!this.#folder?.includes('\n')) this.#shell?.write(`/ ${this.#folder ?? ''}`);
  }

  async #start(): Promise<void> {
    this.#starts += 1;
    try {
      this.#shell = await startShell(script);
    } catch (cause) {
      throw new LeatError(
        'LAYER_FAILED',
        "the compute layer 'local' could not start /bin/sh, which ends tasks when Leat dies",
        {
          hint: 'Look at the limit of processes of this user (ulimit -u).',
          cause,
        },
      );
    }
    this.#untold = Array.from(this.#groups, (group) => `+ ${group}`);
    this.#tell();
    if (this.#folder !== undefined) this.#tellFolder();
    // It was closed while another shell was being started.
    if (this.#closed) this.#shell.end();
    void this.#shell.exited.then(async () => {
      this.#shell = undefined;
      if (!this.#closed && this.#starts < mostStarts) await this.#start().catch(() => undefined);
    });
  }
}
