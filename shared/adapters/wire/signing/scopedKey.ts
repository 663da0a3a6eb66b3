import { createHash, createHmac } from "node:crypto";

/** What AWS's fourth signature and that of OSS, which is made after it, differ in. */
export interface Scheme {
  /** The first line of what is signed. */
  algorithm: string;
  /** Before the secret. */
  prefix: string;
  service: string;
  /** Ends the scope. */
  terminator: string;
}

export interface Signed {
  signature: string;
  /** `20130524/us-east-1/s3/aws4_request` */
  scope: string;
}

/** Signs canonical requests with a key of the day, which is derived once. `time` is written `20130524T000000Z`. */
export function scopedSigner(scheme: Scheme, { region, secret }: { region: string; secret: string }) {
  let known: { day: string; scope: string; key: Buffer } | undefined;
  const keyOf = (day: string) => {
    if (known?.day === day) return known;
    const parts = [day, region, scheme.service, scheme.terminator];
    const key = parts.reduce<string | Buffer>((from, part) => createHmac("sha256", from).update(part).digest(), scheme.prefix + secret);
    known = { day, scope: parts.join("/"), key: key as Buffer };
    return known;
  };
  return (canonical: string, time: string): Signed => {
    const { scope, key } = keyOf(time.slice(0, 8));
    const hash = createHash("sha256").update(canonical).digest("hex");
    const signature = createHmac("sha256", key).update(`${scheme.algorithm}\n${time}\n${scope}\n${hash}`).digest("hex");
    return { signature, scope };
  };
}

let shown = { second: Number.NaN, text: "" };

/** `20130524T000000Z`; hundreds of requests share a second. */
export function signingTime(at: Date): string {
  const second = Math.floor(at.getTime() / 1000);
  if (shown.second !== second) shown = { second, text: at.toISOString().replace(/[-:]|\.\d+/g, "") };
  return shown.text;
}
