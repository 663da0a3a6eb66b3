import { isAllowed, type PolicyToEnforce } from "../../ram/decide.ts";
import { OssError } from "./ossError.ts";
import type { Operation, Target } from "./parseTarget.ts";

/** https://www.alibabacloud.com/help/en/oss/user-guide/ram-policy-overview; what is absent needs the right of its own name. */
const ACTIONS: Partial<Record<Operation, string>> = {
  ListObjectsV2: "oss:ListObjects",
  HeadBucket: "oss:GetBucketInfo",
  HeadObject: "oss:GetObject",
  GetObjectMeta: "oss:GetObject",
  CopyObject: "oss:PutObject",
  UploadPart: "oss:PutObject",
  UploadPartCopy: "oss:PutObject",
  InitiateMultipartUpload: "oss:PutObject",
  CompleteMultipartUpload: "oss:PutObject",
};

/** Throws what OSS answers if the key's policies do not allow the request; a key without policies may do everything. */
export type Require = (action: string, bucket: string, key?: string) => void;

export function requireFor({ query }: Target, policies: readonly PolicyToEnforce[] | undefined): Require {
  return (action, bucket, key) => {
    const resource = `acs:oss:*:*:${key === undefined ? bucket : `${bucket}/${key}`}`;
    const values = { "oss:Prefix": query.get("prefix") ?? "" };
    if (policies === undefined || isAllowed(policies, { action, resource, values })) return;
    throw new OssError(403, "AccessDenied", "You have no right to access this object.");
  };
}

/** Keys in a body, and the source of a copy, are looked at by their operations. */
export function authorize({ operation, bucket, key }: Target, require: Require): void {
  if (operation === "DeleteMultipleObjects") return;
  require(ACTIONS[operation] ?? `oss:${operation}`, bucket ?? "*", key === "" ? undefined : key);
}
