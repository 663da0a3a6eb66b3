import type { Place } from "../../shared/model/config.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const oss = (bucket: string, basePath: string): Place => ({ store: "oss", bucket, basePath, region: "cn-hangzhou" });
export const MOVED = oss("moved", "movies");
export const STATE = oss("state", "");
export const BACKUPS = oss("backups", "");
export const AWS: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1", accessKeyId: "AKIA-planted" };
/** Where the target's registration finds the copied repository. */
export const MOVED_LOCATION = { location: "/srv/moved" };
export const BACKUPS_LOCATION = { location: "/srv/backups" };
/** The target's own repository, and an index there that a person restores over. */
export const OWN = oss("own", "");
export const OWN_LOCATION = { location: "/srv/own" };
export const OWN_REPOSITORY = "own";
export const OWN_INDEX = "own-films";
/** How aliases begin through which an index is closed. */
export const CLOSING = "ossnap-closes-";
/** Must appear in no state object, log line or notice. */
export const SECRET = "planted-Secret+key/42";
export const POLICY = "nightly";
export const WATCH = "moved";
export const ALIAS = "served";
/** Two aliases that a person has moved together. */
export const PAIR = ["pair-one", "pair-two"] as const;
