import { isIP } from "node:net";
import { AppError } from "../../model/errors.ts";

/** Where a bucket is reached. */
export interface Address {
  isSecure: boolean;
  hostname: string;
  /** Undefined for the scheme's own. */
  port: number | undefined;
  /** Of the `Host` header. */
  host: string;
  /** Before the key in the path that is sent: "/" or "/bucket/". */
  path: string;
}

export interface AddressOptions {
  bucket: string;
  /** With or without a scheme, which defaults to https. */
  endpoint?: string | undefined;
  region: string;
}

/** Partitions whose hosts are named in one way; the others are left to the SDK, which knows them. */
const AWS_REGION = /^(?:us|eu|ap|sa|ca|me|af|il|mx)-(?:gov-)?[a-z]+-\d+$/;
const AWS_CHINA = /^cn-[a-z]+-\d+$/;
/** A name with a dot is no host below a wildcard certificate. */
const HOST_BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const PLAIN_BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Directory buckets want a session for each client. */
const DIRECTORY_BUCKET = /--x(?:a)?-s3$/;

/** Whether requests to the bucket need nothing but an address and a signature: no access point, directory bucket or closed partition. */
export function isPlainS3({ bucket, endpoint, region }: AddressOptions): boolean {
  if (!PLAIN_BUCKET.test(bucket) || DIRECTORY_BUCKET.test(bucket)) return false;
  return endpoint !== undefined || AWS_REGION.test(region) || AWS_CHINA.test(region);
}

/** Path style at an endpoint of its own, as most other servers want it; at Amazon's the bucket is part of the host. */
export function s3Address({ bucket, endpoint, region }: AddressOptions): Address {
  if (endpoint !== undefined) return { ...parsed(endpoint, `s3://${bucket}`), path: `/${bucket}/` };
  const domain = AWS_CHINA.test(region) ? "amazonaws.com.cn" : "amazonaws.com";
  const host = `s3.${region}.${domain}`;
  return HOST_BUCKET.test(bucket)
    ? { ...parsed(`${bucket}.${host}`, `s3://${bucket}`), path: "/" }
    : { ...parsed(host, `s3://${bucket}`), path: `/${bucket}/` };
}

/** The bucket is part of the host; where an endpoint is a bare address, of the `Host` header only, as ali-oss does it. */
export function ossAddress({ bucket, endpoint, region }: AddressOptions): Address {
  const url = `oss://${bucket}`;
  if (!HOST_BUCKET.test(bucket))
    throw new AppError("invalid", `${url}: a bucket's name has 3 to 63 lower-case letters, digits and hyphens; correct it`);
  const named = `oss-${region.replace(/^oss-/, "")}`;
  const at = parsed(endpoint ?? `${named}.aliyuncs.com`, url);
  if (isIP(at.hostname.replace(/^\[|\]$/g, ""))) return { ...at, host: `${bucket}.${named}.aliyuncs.com`, path: "/" };
  return { ...at, hostname: `${bucket}.${at.hostname}`, host: `${bucket}.${at.host}`, path: "/" };
}

function parsed(endpoint: string, url: string): Omit<Address, "path"> {
  try {
    const { protocol, hostname, port, host } = new URL(/^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`);
    return { isSecure: protocol === "https:", hostname, port: port === "" ? undefined : Number(port), host };
  } catch (cause) {
    throw new AppError("invalid", `${url}: its endpoint is no host name: ${JSON.stringify(endpoint)}; correct it`, { cause });
  }
}
