import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../../shared/model/errors.ts";
import { limitsOf } from "../../deploy/functionLimits.ts";
import { type AccountKeys, newAccountKeys, newKeys } from "./accountKeys.ts";
import { writeAtomically } from "./writeAtomically.ts";

/** The first file in a run's directory, readable by its owner only because it contains the run's keys. */
export const PLAN_FILE = "plan.json";

const PORT_BASE_DEFAULT = 9250;
/** Keeps the highest offset below under 65536. */
const PORT_BASE_MAX = 65_000;
const HTTP_PORT_OFFSET = 230;

/** The ports of all parts; they move together with OSSNAP_PORT_BASE. */
export interface Ports {
  source: { http: number; transport: number };
  target: { http: number; transport: number };
  s3: number;
  oss: number;
  http: number;
  fcApi: number;
  webhook: number;
}

export interface Versions {
  source: string;
  target: string;
}

const VERSIONS_DEFAULT: Versions = { source: "5.5.2", target: "5.5.3" };

/** One run of the local host: its directories, ports, keys, and the environment for ossnap.yaml. */
export interface LocalPlan {
  run: string;
  versions: Versions;
  ports: Ports;
  region: string;
  accountId: string;
  directories: {
    sourceRepository: string;
    s3Root: string;
    ossRoot: string;
    targetRepository: string;
    source: string;
    target: string;
    bundles: string;
    /** Asynchronous events that Function Compute has accepted. */
    events: string;
  };
  /** The account's own keys, with every right; no function has them. */
  oss: { accessKeyId: string; accessKeySecret: string };
  /** Of the functions' roles and the command line. */
  keys: AccountKeys;
  s3: { accessKeyId: string; secretAccessKey: string };
  tokens: { operator: string; viewer: string };
  /** The ${NAME}s of ossnap.yaml. */
  environment: Record<string, string>;
}

export function portsFrom(environment: Readonly<Record<string, string | undefined>>): Ports {
  const text = environment.OSSNAP_PORT_BASE;
  const base = text === undefined || text === "" ? PORT_BASE_DEFAULT : Number(text);
  if (!Number.isInteger(base) || base < 1024 || base > PORT_BASE_MAX)
    throw new AppError(
      "invalid",
      `OSSNAP_PORT_BASE: "${text}" is not a port between 1024 and ${PORT_BASE_MAX}; leave it out for ${PORT_BASE_DEFAULT}`,
    );
  const ports: Ports = {
    source: { http: base + 2, transport: base + 102 },
    target: { http: base + 3, transport: base + 103 },
    s3: base + 150,
    oss: base + 161,
    http: base + HTTP_PORT_OFFSET,
    fcApi: base + 240,
    webhook: base + 241,
  };
  const blocked = [ports.source.http, ports.target.http, ports.s3, ports.oss, ports.http, ports.fcApi, ports.webhook].find(isBlocked);
  if (blocked !== undefined)
    throw new AppError("invalid", `OSSNAP_PORT_BASE: "${base}" would use port ${blocked}, which HTTP clients refuse; choose ${base + 20}`);
  return ports;
}

/** https://fetch.spec.whatwg.org/#port-blocking, from 1024 on: browsers and Node's fetch refuse them before they connect. */
const BLOCKED = [1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080];

function isBlocked(port: number): boolean {
  return BLOCKED.includes(port);
}

/**
 * The plan of the directory's first start, or a new plan.
 * Errors: `invalid` when the run was moved, or was created with other versions or ports than requested now.
 */
export function openPlan(run: string, environment: Readonly<Record<string, string | undefined>>, versions?: Versions): LocalPlan {
  const ports = portsFrom(environment);
  const known = readPlan(run);
  if (known === undefined) return planRun(run, ports, versions ?? VERSIONS_DEFAULT);
  const fault = (what: string) => new AppError("invalid", `${run}: ${what}`);
  if (known.run !== run) throw fault(`it was created as ${known.run}, and its repositories are registered there: move it back`);
  if (environment.OSSNAP_PORT_BASE && known.ports.http !== ports.http)
    throw fault(`it was created with other ports: leave OSSNAP_PORT_BASE out, or set it to ${known.ports.http - HTTP_PORT_OFFSET}`);
  const { source, target } = known.versions;
  if (versions && (versions.source !== source || versions.target !== target))
    throw fault(`it was created with --versions ${source},${target}: leave them out, or name a new directory`);
  return known;
}

/** Stores the plan for the next start on the same directory. */
export function keepPlan(plan: LocalPlan): void {
  writeAtomically(join(plan.run, PLAN_FILE), JSON.stringify(plan));
}

function readPlan(run: string): LocalPlan | undefined {
  try {
    // Runs of earlier versions had one key.
    const known = JSON.parse(readFileSync(join(run, PLAN_FILE), "utf8")) as LocalPlan | Omit<LocalPlan, "keys">;
    return { keys: newAccountKeys(), ...known };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** New keys and tokens for every run, so that those of one run do not work for another. */
function planRun(run: string, ports: Ports, versions: Versions): LocalPlan {
  const s3Root = join(run, "s3");
  const ossRoot = join(run, "oss");
  const directories = {
    s3Root,
    ossRoot,
    // The S3 server's bucket is the source's own repository, the OSS bucket the target's.
    sourceRepository: join(s3Root, "movies"),
    targetRepository: join(ossRoot, "moved", "movies"),
    source: join(run, "source"),
    target: join(run, "target"),
    bundles: join(run, "dist"),
    events: join(run, "events"),
  };
  const oss = newKeys("LOCAL");
  const s3 = { accessKeyId: `LOCAL${randomBytes(6).toString("hex")}`, secretAccessKey: randomBytes(20).toString("hex") };
  const tokens = { operator: randomBytes(32).toString("base64url"), viewer: randomBytes(32).toString("base64url") };
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const local = (port: number) => `http://127.0.0.1:${port}`;
  const environment = {
    OSS_ENDPOINT: local(ports.oss),
    SOURCE_URL: local(ports.source.http),
    TARGET_URL: local(ports.target.http),
    SOURCE_LOCATION: directories.sourceRepository,
    TARGET_LOCATION: directories.targetRepository,
    S3_ENDPOINT: local(ports.s3),
    S3_KEY: s3.accessKeyId,
    S3_SECRET: s3.secretAccessKey,
    OPERATOR_TOKEN_SHA256: sha256(tokens.operator),
    VIEWER_TOKEN_SHA256: sha256(tokens.viewer),
    WEBHOOK_URL: `${local(ports.webhook)}/notices`,
    WEBHOOK_SECRET: randomBytes(20).toString("hex"),
    OSSNAP_FC_ENDPOINT: local(ports.fcApi),
    // The host has one deployment, whose functions have no other name, whatever `deployment` says.
    OSSNAP_COPY_FUNCTION: limitsOf("copyBlobs").functionName,
    OSSNAP_CONTINUE_FUNCTION: limitsOf("continueJob").functionName,
  };
  return {
    run,
    versions,
    ports,
    region: "cn-hangzhou",
    accountId: "1000000000000001",
    directories,
    oss,
    keys: newAccountKeys(),
    s3,
    tokens,
    environment,
  };
}
