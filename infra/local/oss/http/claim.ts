/** The sender's identity as stated in a request, not yet verified. */
export interface Claim {
  accessKeyId: string;
  token: string | undefined;
  /** The time of signing (header signatures). */
  at?: Date;
  /** The expiry time (query signatures). */
  expiresAt?: Date;
  /** Only in the scope of an OSS V4 signature. */
  region?: string;
  given: string;
  sign(secret: string): string;
}
