import { runProgram } from "../../local/servers/runProgram.ts";

export interface RcloneFigures {
  seconds: number;
  cpuSeconds: number;
}

export interface RcloneRemote {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Runs rclone with remotes that only its environment names, path style as for any server that is not Amazon's. */
export function rcloneWith(
  rclone: string,
  remotes: Readonly<Record<string, RcloneRemote>>,
): (args: readonly string[]) => Promise<RcloneFigures> {
  const settings = Object.entries(remotes).flatMap(([name, { endpoint, region, accessKeyId, secretAccessKey }]) =>
    Object.entries({
      TYPE: "s3",
      PROVIDER: "Other",
      ENDPOINT: endpoint,
      REGION: region,
      ACCESS_KEY_ID: accessKeyId,
      SECRET_ACCESS_KEY: secretAccessKey,
      FORCE_PATH_STYLE: "true",
      LIST_VERSION: "2",
      // Otherwise it creates the bucket, with an ACL.
      NO_CHECK_BUCKET: "true",
    }).map(([setting, value]) => [`RCLONE_CONFIG_${name.toUpperCase()}_${setting}`, value]),
  );
  const env = { ...process.env, ...Object.fromEntries(settings) };
  return async (args) => {
    const startedMs = performance.now();
    const times = await runProgram("rclone", "sh", ["-c", 'rclone=$0; "$rclone" --config "" "$@" > /dev/null && times', rclone, ...args], {
      env,
    });
    return { seconds: (performance.now() - startedMs) / 1000, cpuSeconds: childSeconds(times) };
  };
}

/** The second line of the shell's `times`: user and system time of what it ran, as `0m5.120s 0m0.940s`. */
function childSeconds(times: string): number {
  const found = [...(times.trim().split("\n")[1] ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  if (found.length !== 2) throw new Error(`rclone: the shell's times are not known: ${times}`);
  return found.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}
