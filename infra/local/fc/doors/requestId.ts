import { randomBytes } from "node:crypto";

/** In the platform's format `1-64f6cd87-0a1b2c3d-0123456789ab`; the second part is the request's time in seconds. */
export function newRequestId(now: number): string {
  const seconds = Math.floor(now / 1000)
    .toString(16)
    .padStart(8, "0");
  return `1-${seconds}-${randomBytes(4).toString("hex")}-${randomBytes(6).toString("hex")}`;
}
