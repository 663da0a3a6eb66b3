import { type ChildProcess, spawn } from "node:child_process";

/**
 * A stopped process does not see that its parent was killed, and would stay for ever. This shell reads which ones are alive, and kills those
 * that are left when its input ends, which happens however this process ends. Ctrl-C must not end it first.
 */
const SCRIPT = `trap "" INT TERM HUP
pids=" "
while read -r what pid; do
  case $what in
    +) pids="$pids$pid " ;;
    -) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done`;

let keeper: ChildProcess | undefined;

/** From now on the process ends with this one, however this one ends. Returns what to call when it has exited by itself. */
export function endWithThisProcess(pid: number): () => void {
  keeper ??= startKeeper();
  const { stdin } = keeper;
  stdin?.write(`+ ${pid}\n`);
  return () => void stdin?.write(`- ${pid}\n`);
}

function startKeeper(): ChildProcess {
  const child = spawn("/bin/sh", ["-c", SCRIPT], { stdio: ["pipe", "ignore", "ignore"] });
  child.unref();
  // A keeper that was killed by hand keeps nothing; this process must not end because of it.
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  (child.stdin as unknown as { unref?(): void }).unref?.();
  return child;
}
