import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { AppError } from "../../shared/model/errors.ts";

const PORT_BASE_DEFAULT = 9250;
/** The highest offset below stays under 65536. */
const PORT_BASE_MAX = 65_000;

/** Which part listens where; all ports move together with OSSNAP_PORT_BASE. */
export interface Ports {
  source: { http: number; transport: number };
  target: { http: number; transport: number };
  s3: number;
  oss: number;
  http: number;
  fcApi: number;
  webhook: number;
}

/** What one run of the local host is made of: its directories, ports, keys, and the environment that ossnap.yaml reads. */
export interface LocalPlan {
  run: string;
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
  };
  oss: { accessKeyId: string; accessKeySecret: string };
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
  return {
    source: { http: base + 2, transport: base + 102 },
    target: { http: base + 3, transport: base + 103 },
    s3: base + 150,
    oss: base + 161,
    http: base + 230,
    fcApi: base + 240,
    webhook: base + 241,
  };
}

/** Fresh keys and tokens for every run: nothing of one run opens another. */
export function planRun(run: string, ports: Ports): LocalPlan {
  const s3Root = join(run, "s3");
  const ossRoot = join(run, "oss");
  const directories = {
    s3Root,
    ossRoot,
    // The bucket of the S3 server is the source's own repository, the bucket of OSS the target's.
    sourceRepository: join(s3Root, "movies"),
    targetRepository: join(ossRoot, "moved", "movies"),
    source: join(run, "source"),
    target: join(run, "target"),
    bundles: join(run, "dist"),
  };
  const oss = { accessKeyId: `LOCAL${randomBytes(6).toString("hex")}`, accessKeySecret: randomBytes(15).toString("hex") };
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
  };
  return { run, ports, region: "cn-hangzhou", accountId: "1000000000000001", directories, oss, s3, tokens, environment };
}
