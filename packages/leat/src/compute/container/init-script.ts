/**
 * The first process of a container: `/bin/sh` with this script. A first process is not like others: the kernel gives it only the signals
 * that it listens to, SIGKILL of its own included, and hands it all orphans. So it must not be the task's Node.
 */

/** Where in the container things are mounted. */
export const places = {
  node: '/leat/node',
  task: '/leat/task',
  message: '/leat/message',
  end: '/leat/end',
  datastore: '/leat/datastore',
  driver: '/leat/driver.cjs',
  package: '/leat/package',
  libraries: '/leat/lib',
  access: '/leat/access',
} as const;

/** What Node's own builds need beside glibc. In {@link places.libraries} each lies in a folder of its name. */
export const lentLibraries = ['libatomic.so.1', 'libgcc_s.so.1', 'libstdc++.so.6'] as const;

/** What the script leaves in {@link places.end} when no Node could be started. */
const noNode = 'no-node';

/** What a first process that is no shell leaves there when it begins. */
export const begun = 'begun';

// $@: Node's flags and the program. Slim images lack a library or two that Node needs: those, and no others, are lent. What the shell itself says of a program's death is not the task's.
// TERM goes to every process in here but this one. What the kernel has killed for lack of memory is counted by
// the container's own control group (version 2, or 1), which is gone when the container is.
const script = `
exec 4>&2 2>/dev/null
ended=
trap 'ended=1; kill -s TERM -- -1' TERM
run() {
  "$@" </dev/null 3<${places.message} 2>&4 4>&- &
  child=$!
  [ -z "$ended" ] || kill -s TERM -- -1
  while :; do
    wait "$child"
    code=$?
    kill -0 "$child" || return
  done
}
has() {
  for file in /lib/"$1" /lib64/"$1" /usr/lib/"$1" /usr/lib64/"$1" /lib/*/"$1" /usr/lib/*/"$1"; do
    [ ! -e "$file" ] || return 0
  done
  return 1
}
for library in ${lentLibraries.join(' ')}; do
  [ ! -e ${places.libraries}/$library/$library ] || has $library ||
    export LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}${places.libraries}/$library"
done
code=127
if [ -x ${places.node} ]; then run ${places.node} "$@"; fi
if [ "$code" = 127 ] || [ "$code" = 126 ]; then
  if [ -x ${places.node} ] && ${places.node} -v >/dev/null; then :
  elif node -e 'process.exit(parseInt(process.versions.node) < 24 ? 1 : 0)'; then run node "$@"
  else echo ${noNode} >${places.end}
  fi
fi
for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
  [ ! -r "$file" ] || while read -r key value; do [ "$key" != oom_kill ] || echo "oom $value" >>${places.end}; done <"$file"
done
echo "code $code" >>${places.end}
exit "$code"
`;

/** What a container is started with to run Node with these arguments. */
export function initCommand(args: readonly string[]): readonly string[] {
  return ['/bin/sh', '-c', script, 'leat', ...args];
}

/** What the script has told of the end. */
export interface ToldEnd {
  /** No Node could be started in the image. */
  readonly noNode: boolean;
  /** The kernel has killed something in the container for lack of memory. */
  readonly outOfMemory: boolean;
  /** What the task's process has ended with; `undefined`: the first process has not lived to tell. */
  readonly code: number | undefined;
  /** The first process has begun to work; told by the one that is no shell. */
  readonly begun: boolean;
}

/** Reads what the script has left. */
export function readToldEnd(text: string): ToldEnd {
  const code = /^code (\d+)$/m.exec(text)?.[1];
  return {
    noNode: text.split('\n').includes(noNode),
    outOfMemory: /^oom [1-9]\d*$/m.test(text),
    code: code === undefined ? undefined : Number(code),
    begun: text.split('\n').includes(begun),
  };
}
