/**
 * The two programs that make a bare container ready. They hold no input: all that differs comes by variables (`agent-environment.ts`), so
 * one job definition serves every run. The shell's part ends with a Node that is new enough; Node's part fetches the tools. Both must be
 * short: a platform counts their bytes.
 */
import { agentExits } from './agent-exit.ts';

/** The oldest Node that the tools run on. */
const oldestNode = 24;

/** Flags of the agent's process: as little memory as can be, since it is the task's. */
const agentFlags = '--v8-pool-size=1 --max-semi-space-size=1';

/** Answers of a server that will be the same the next time. */
const refusals = [401, 403, 404, 410];
const refusalPattern = refusals.join('|');

/** In the answer of a store: the link is past its time, or the credentials that signed it are. S3 answers 403 or 400 then. */
const expiries = ['Request has expired', 'ExpiredToken'];
const expiryPattern = expiries.join('|');

/** Of an answer that is no 2xx so much is read. What is shown ends with its message: after that a store may repeat credentials. */
const readBytes = 4096;
const shownBytes = 400;
const messageEnd = '</Message>';

// A host may have eight addresses and none that answers, so what tries one after the other waits for each of them a few seconds only. In seconds.
const waits = { connect: 20, eachAddress: 8, answer: 30, silence: 60 };

/** No further try begins after so many seconds: the time limit of a platform may allow ten minutes beyond the task's own (that on Batch does). */
const triesEndAfter = 300;

// Each of them ends with 0 when it has the file, 4 when the link has expired, 3 when it is refused, and 1 when another try may help.

const python = `
import os,sys,shutil,signal,urllib.request as r,urllib.error
signal.signal(signal.SIGALRM,lambda *_:sys.exit("no answer within ${waits.answer} s"))
signal.alarm(${waits.answer})
try:
 with r.urlopen(os.environ["U"],timeout=${waits.silence}) as s,open(os.environ["F"],"wb") as f:
  signal.alarm(0)
  shutil.copyfileobj(s,f)
except urllib.error.HTTPError as e:
 b=e.read(${readBytes}).decode("utf8","replace")
 print("HTTP %d %s"%(e.code,b.split("${messageEnd}")[0][:${shownBytes}]),file=sys.stderr)
 sys.exit(4 if ${expiries.map((text) => `"${text}" in b`).join(' or ')} else 3 if e.code in (${refusals.join(',')}) else 1)
except Exception as e: sys.exit(str(e))`;

const perl = `my $r=HTTP::Tiny->new(timeout=>${waits.connect},verify_SSL=>1)->mirror($ENV{U},$ENV{F});exit 0 if $r->{success};my $b=substr($r->{content},0,${readBytes});my ($m)=split("${messageEnd}",$b);print STDERR "HTTP $r->{status} ".substr($m//"",0,${shownBytes})."\\n";exit($b=~/${expiryPattern}/?4:$r->{status}=~/^(${refusalPattern})$/?3:1)`;

const olderNode = `const u=process.env.U;const e=(c,m)=>{console.error(m);process.exit(c)};require(u.slice(0,5)=="https"?"https":"http").get(u,r=>{r.on("aborted",()=>e(1,"the connection was cut"));if(r.statusCode==200)return r.pipe(require("fs").createWriteStream(process.env.F)).on("finish",()=>process.exit(0));let b="";r.setEncoding("utf8").on("data",d=>{b=(b+d).slice(0,${readBytes})}).on("end",()=>e(/${expiryPattern}/.test(b)?4:/^(${refusalPattern})$/.test(r.statusCode)?3:1,"HTTP "+r.statusCode+" "+b.split("${messageEnd}")[0].slice(0,${shownBytes})))}).on("error",x=>e(1,x.message)).on("socket",s=>s.setTimeout(${waits.silence * 1000},()=>e(1,"no answer within ${waits.silence} s")))`;

/**
 * Of the shell: finds or fetches a Node, and becomes it with the program in `$1`. POSIX, as dash and busybox have it. What a downloader has said
 * is shown without what follows a question mark (`said`): a link is signed there, and logs are read by more people than may use it. GNU's wget
 * tries twenty times unless told otherwise, and that of busybox only once; that in Debian 12 dies of `-T` (139).
 */
export const shellPart: string = `
set -u
trap 'exit 143' TERM
say() { printf 'leat: %s\\n' "$1" >&2; }
die() { say "$2"; exit "$1"; }
have() { command -v "$1" >/dev/null 2>&1; }
fits() {
  v=$("$1" --version 2>/dev/null) || return 1
  v=\${v#v}; v=\${v%%.*}
  case $v in ''|*[!0-9]*) return 1;; esac
  [ "$v" -ge ${oldestNode} ]
}
if have node && fits node; then exec node ${agentFlags} -e "$1"; fi
no="this image has no Node ${oldestNode} or newer"
[ -n "\${LEAT_NODE:-}" ] || die ${agentExits.unsupported} "$no, and this run brings none along: that takes an engine on Linux. Use an image with Node."
m=$(uname -m)
case $m in
  x86_64) m=x64; l=/lib64/ld-linux-x86-64.so.2;;
  aarch64) m=arm64; l=/lib/ld-linux-aarch64.so.1;;
  *) l=/;;
esac
[ "linux-$m" = "\${LEAT_NODE_PLATFORM:-}" ] || die ${agentExits.unsupported} "$no, and the one that Leat brings along is for \${LEAT_NODE_PLATFORM:-another machine}, while this is linux-$m."
if [ ! -e $l ]; then
  for x in /lib/ld-musl-*; do
    [ -e "$x" ] && die ${agentExits.unsupported} "$no, and is built on musl, as Alpine is: the Node that Leat brings along needs glibc. Use an image with Node, such as node:26-alpine, or one built on glibc."
  done
  die ${agentExits.unsupported} "$no, nor the C library (glibc) that the Node which Leat brings along needs."
fi
for t in "\${TMPDIR:-/tmp}" /var/tmp "\${HOME:-.}" .; do
  d=$t/leat-$$
  mkdir -m 700 "$d" 2>/dev/null || { d=; continue; }
  printf '#!/bin/sh\\n' >"$d/try" 2>/dev/null && chmod 700 "$d/try" && "$d/try" 2>/dev/null && break
  rm -rf "$d"; d=
done
[ -n "$d" ] || die ${agentExits.noRoom} "there is no folder that programs may be written to and run from: /tmp is read-only, full or noexec."
export F="$d/node.gz" U="$LEAT_NODE"
refusal() {
  b=$(head -c ${readBytes} "$F" 2>/dev/null)
  printf 'HTTP %s %.${shownBytes}s\\n' "$1" "\${b%%${messageEnd}*}" >"$d/said"
  case $b in ${expiries.map((text) => `*'${text}'*`).join('|')}) return 4;; esac
  case $1 in ${refusalPattern}) return 3;; *) return 1;; esac
}
fetch() {
  r=9
  rm -f "$F"
  if have curl; then
    s=$(printf 'url = "%s"\\n' "$U" | curl -sSL -K - --connect-timeout ${waits.connect} --speed-limit 1 --speed-time ${waits.silence} -o "$F" -w '%{http_code}' 2>"$d/said") && r=0 || r=1
    case $s in 2??) ;; 000) r=1;; *) refusal "$s"; r=$?;; esac
  fi
  case $r in 0|[34]) return $r;; esac
  if have wget; then
    case $(wget --version 2>/dev/null) in GNU*) w='-t 1 --connect-timeout=${waits.eachAddress}';; *) w=;; esac
    wget -T ${waits.silence} $w -O "$F" "$U" 2>"$d/said"; r=$?
    [ $r != 139 ] || { wget -O "$F" "$U" 2>"$d/said"; r=$?; }
    [ $r != 0 ] || return 0
    r=1
    for s in 400 ${refusals.join(' ')}; do
      case $(cat "$d/said") in *" $s "*|*" $s: "*) ;; *) continue;; esac
      wget -q --content-on-error -T ${waits.silence} $w -O "$F" "$U" 2>/dev/null
      refusal $s; r=$?
      [ $r = 1 ] || return $r
    done
  fi
  for p in python3 python; do
    have $p || continue
    $p -c '${python}' 2>"$d/said"; r=$?
    case $r in 0|[34]) return $r;; *) r=1;; esac
  done
  if have perl && perl -MHTTP::Tiny -e 1 2>/dev/null; then
    perl -MHTTP::Tiny -e '${perl}' 2>"$d/said"; r=$?
    case $r in 0|[34]) return $r;; *) r=1;; esac
  fi
  if have node; then
    node -e '${olderNode}' 2>"$d/said"; r=$?
    case $r in 0|[34]) return $r;; *) r=1;; esac
  fi
  return $r
}
sum() {
  if have sha256sum; then sha256sum "$F"
  elif have shasum; then shasum -a 256 "$F"
  elif have openssl; then openssl dgst -sha256 -r "$F"
  elif have python3; then python3 -c 'import hashlib,os;print(hashlib.sha256(open(os.environ["F"],"rb").read()).hexdigest())'
  fi
}
stops=' 
<>"'"'"
said() {
  s=$(cat "$d/said") o=
  while :; do
    case $s in *\\?*) ;; *) break;; esac
    o=$o\${s%%\\?*}?
    s=\${s#*\\?}
    w=\${s%%[$stops]*}
    s=\${s#"$w"}
  done
  s=$o$s
  printf %s "$s" | tail -c 600 2>/dev/null || printf %s "$s"
}
late() { [ -n "$began" ] && [ $(($(date +%s) - began)) -ge ${triesEndAfter} ]; }
began=$(date +%s 2>/dev/null)
i=0
while :; do
  fetch; r=$?
  case $r in
    0)
      h=$(sum); h=\${h%% *}
      [ -z "$h" ] || [ "$h" = "\${LEAT_NODE_SHA256:-}" ] && break
      r=2;;
    3) die ${agentExits.linkRefused} "the link to the Node that Leat brings along is refused: it is not allowed, or the object is gone. $(said)";;
    4) die ${agentExits.linkExpired} "the link to the Node that Leat brings along is refused: it has expired. $(said)";;
    9) die ${agentExits.noDownloader} "$no, and nothing to download one with: curl, wget, python3 or perl.";;
  esac
  i=$((i + 1))
  if [ $i -ge 4 ] || late; then
    [ $r = 2 ] && die ${agentExits.damaged} "the Node that Leat brings along came damaged: its sha256 is $h."
    die ${agentExits.downloadFailed} "the Node that Leat brings along could not be downloaded: $(said)"
  fi
  sleep $i
done
n=$d/node
{ have gzip && gzip -dc "$F" >"$n"; } 2>"$d/said" ||
  { have python3 && python3 -c 'import gzip,os,shutil,sys;shutil.copyfileobj(gzip.open(os.environ["F"]),open(sys.argv[1],"wb"))' "$n"; } 2>>"$d/said" ||
  { have node && node -e 'const f=require("fs");f.createReadStream(process.env.F).pipe(require("zlib").createGunzip()).pipe(f.createWriteStream(process.argv[1]))' "$n"; } 2>>"$d/said" ||
  die ${agentExits.noRoom} "the Node that Leat brings along could not be unpacked into $d, with gzip or python3: $(said)"
rm -f "$F" "$d/try"
unset F U
chmod 700 "$n"
if ! "$n" --version >/dev/null 2>&1 && [ -n "\${LEAT_NODE_LIBATOMIC:-}" ]; then
  mkdir "$d/lib" && tail -c "$LEAT_NODE_LIBATOMIC" "$n" >"$d/lib/libatomic.so.1"
  export LEAT_LIBRARIES="$d/lib" LD_LIBRARY_PATH="$d/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
"$n" --version >/dev/null 2>"$d/said" || die ${agentExits.nodeBroken} "the Node that Leat brings along does not start in this image: $(said)"
exec "$n" ${agentFlags} -e "$1"
`;

/** Of Node: fetches the tools, and becomes the agent. */
export const nodePart: string = `
const fs = require('node:fs');
const path = require('node:path');
const env = process.env;
process.once('SIGTERM', () => process.exit(143));
const die = (code, text) => { fs.writeSync(2, 'leat: ' + text.replace(/\\?[^\\s<>"']+/g, '?') + '\\n'); process.exit(code); };
const fetchTools = async () => {
  for (let tries = 1; ; tries += 1) {
    let wrong;
    try {
      const answer = await fetch(env.LEAT_TOOLS, { signal: AbortSignal.timeout(60000) });
      const bytes = Buffer.from(await answer.arrayBuffer());
      const text = answer.ok ? '' : bytes.toString('utf8', 0, ${readBytes});
      const said = 'HTTP ' + answer.status + ' ' + text.split('${messageEnd}')[0].slice(0, ${shownBytes});
      if (/${expiryPattern}/.test(text)) die(${agentExits.linkExpired}, "the link to Leat's tools is refused: it has expired. " + said);
      if ([${refusals.join(', ')}].includes(answer.status)) die(${agentExits.linkRefused}, "the link to Leat's tools is refused: it is not allowed, or the object is gone. " + said);
      if (!answer.ok) wrong = [${agentExits.downloadFailed}, "could not be downloaded: HTTP " + answer.status];
      else if (require('node:crypto').hash('sha256', bytes) !== env.LEAT_TOOLS_SHA256) wrong = [${agentExits.damaged}, 'came damaged'];
      else return bytes;
    } catch (error) {
      wrong = [${agentExits.downloadFailed}, 'could not be downloaded: ' + (error.cause ? error.cause.message : error.message)];
    }
    if (tries === 4) die(wrong[0], "Leat's tools " + wrong[1]);
    await new Promise((next) => setTimeout(next, 400 * 2 ** tries * (0.5 + Math.random())));
  }
};
const unpack = (bytes, folder) => {
  const end = bytes.indexOf(10);
  let at = end + 1;
  for (const [name, length] of JSON.parse(bytes.toString('utf8', 0, end))) fs.writeFileSync(path.join(folder, name), bytes.subarray(at, at += length), { mode: 0o600 });
};
const main = async () => {
  if (!env.LEAT_TOOLS) die(${agentExits.misconfigured}, "the variable LEAT_TOOLS is missing: this is started by a compute layer of Leat");
  const bytes = await fetchTools();
  let wrong;
  for (const place of [require('node:os').tmpdir(), '/var/tmp', env.HOME || '.', '/dev/shm', '.']) {
    try {
      const folder = fs.mkdtempSync(path.join(place, 'leat-tools-'));
      unpack(bytes, folder);
      return path.join(folder, 'agent.cjs');
    } catch (error) { wrong = error; }
  }
  die(${agentExits.noRoom}, "there is no folder to put Leat's tools into: " + wrong.message);
};
main().then((agent) => require(agent), (error) => die(${agentExits.agentFailed}, String(error)));
`;
