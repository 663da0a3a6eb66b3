import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import type { Asked } from "../../shared/jobs/record.ts";
import type { World } from "../../shared/jobs/world.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Place } from "../../shared/model/config.ts";
import type { Logger } from "../../shared/model/logger.ts";
import type { FcContext } from "../../shared/runtime/context.ts";
import { type RuntimeSettings, readSettings } from "../../shared/runtime/settings.ts";
import type { OpenOptions } from "../../shared/state/identity.ts";
import { type Environment, readEnvironment, secretsIn } from "./environment.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

const CONFIG_DEFAULT = "ossnap.yaml";
/** What one command may take of a verb that watches its time, as in a function. */
const INVOCATION_SECONDS = 600;

export interface GlobalOptions {
  config?: string;
  json?: boolean;
  quiet?: boolean;
  color: boolean;
  envFile?: string;
}

/** One command: what was given for all verbs, and the world behind it, opened when a verb first asks. */
export interface Session {
  options: GlobalOptions;
  terminal: Terminal;
  asked: Asked;
  environment(): Environment;
  /** Of ossnap.yaml and the environment; all its faults in one error. */
  settings(): RuntimeSettings;
  context(region?: string): FcContext;
  /** Opens the state and everything behind it; refuses without the state's identity. */
  world(options?: OpenOptions): Promise<World>;
  /** Blobs of a place that ossnap.yaml knows, without opening the state. */
  blobs(place: Place): Promise<BlobStore>;
}

export function openSession(options: GlobalOptions, shell: Environment): Session {
  const startedMs = Date.now();
  const terminal = openTerminal({ json: options.json === true, quiet: options.quiet === true, colour: options.color, environment: shell });
  terminal.hide(secretsIn(shell));
  const environment = once(() => {
    const read = readEnvironment(shell, options.envFile);
    if (read.localFile !== undefined) terminal.note(`using the local host's environment (${read.localFile})`);
    terminal.hide(secretsIn(read.environment));
    return read.environment;
  });
  const settings = once(() => {
    const env = environment();
    // A file named on the command line wins over the variable.
    const found = readSettings(options.config ?? CONFIG_DEFAULT, options.config === undefined ? env : { ...env, OSSNAP_CONFIG: undefined });
    terminal.hide(found.secrets);
    return found;
  });
  const context = (region?: string) => terminalContext(environment(), region);
  // The vendors' libraries take most of a start: a mistyped command is answered without them.
  const wire = () => import("../../shared/runtime/wire.ts");

  return {
    options,
    terminal,
    asked: { by: "person", who: `${userName()} (terminal)` },
    environment,
    settings,
    context,
    async world(opening) {
      const known = settings();
      const { openWorld } = await wire();
      const world = await openWorld(known, {
        functionName: "cli",
        context: context(known.config.state.region),
        startedMs,
        logger: terminalLogger(terminal),
        ...opening,
      });
      if (world.paused) terminal.note("ossnap is paused: what is asked for now begins after: ossnap resume");
      return world;
    },
    async blobs(place) {
      const known = settings();
      return (await wire()).connect(known, context(known.config.state.region)).blobs(place);
    },
  };
}

/** A terminal as a function would see its invocation. */
export function terminalContext(environment: Environment, region: string | undefined): FcContext {
  const accountId = environment.FC_ACCOUNT_ID || environment.OSSNAP_ACCOUNT_ID;
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, ALIBABA_CLOUD_SECURITY_TOKEN: token } = environment;
  return {
    requestId: `cli-${randomUUID()}`,
    function: { name: "cli", timeout: INVOCATION_SECONDS },
    ...(region ? { region } : {}),
    ...(accountId ? { accountId } : {}),
    ...(id && secret ? { credentials: { accessKeyId: id, accessKeySecret: secret, ...(token ? { securityToken: token } : {}) } } : {}),
  };
}

/** People are told what went wrong on the way, not every step of it. */
function terminalLogger(terminal: Terminal): Logger {
  const told = (message: string, { error, job }: Record<string, unknown> = {}) =>
    terminal.note([message, ...[job, error].flatMap((part) => (part === undefined ? [] : [String(part)]))].join(": "));
  return { info: () => undefined, warn: told, error: told };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's uid without an entry in the password file.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
