/** The part of Function Compute's context that ossnap uses; the local host provides the same. */
export interface FcContext {
  requestId: string;
  credentials?: { accessKeyId: string; accessKeySecret: string; securityToken?: string };
  function: { name: string; timeout: number };
  region?: string;
  accountId?: string;
}
