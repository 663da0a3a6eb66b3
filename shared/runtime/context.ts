/** The part of Function Compute's context that we use; the local host gives the same. */
export interface FcContext {
  requestId: string;
  credentials?: { accessKeyId: string; accessKeySecret: string; securityToken?: string };
  function: { name: string; timeout: number };
  region?: string;
  accountId?: string;
}
