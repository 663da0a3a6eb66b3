/**
 * The operations that OSS bills as Get ("Request fees", alibabacloud.com/help/doc-detail/173536.htm, 2026-03-25); all others, listings and
 * deletions among them, are billed as Put.
 */
const GET_OPERATIONS = ["GetObject", "HeadObject", "GetBucketVersioning", "GetBucketInfo"];

export interface RequestClasses {
  put: number;
  get: number;
}

/** Of answered requests by operation. */
export function requestClasses(billed: Readonly<Record<string, number>>): RequestClasses {
  const classes = { put: 0, get: 0 };
  for (const [operation, count] of Object.entries(billed)) classes[GET_OPERATIONS.includes(operation) ? "get" : "put"] += count;
  return classes;
}
