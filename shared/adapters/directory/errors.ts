import { AppError, type ErrorCode } from "../../model/errors.ts";

/** Maps system error codes; all others are `permanent`, such as a full disk, which a person must fix. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  EEXIST: "conflict",
  EISDIR: "invalid",
  ENOTDIR: "invalid",
  ENAMETOOLONG: "invalid",
  EMFILE: "transient",
  ENFILE: "transient",
  EAGAIN: "transient",
  EBUSY: "transient",
  EINTR: "transient",
  ESTALE: "transient",
};

/** Maps a system error to the closed set; returns anything else, such as an error of `putFrom`'s reader, unchanged. */
export function directoryError(error: unknown, subject: string): unknown {
  const systemCode = error instanceof AppError ? undefined : systemCodeOf(error);
  if (systemCode === undefined) return error;
  const hint = systemCode === "EEXIST" ? "a blob is already there" : systemCode;
  return new AppError(CODES[systemCode] ?? "permanent", `${subject}: ${hint}`, { cause: error });
}

/** True for errors that mean "missing" when one key is read: no such file, a file in place of a folder, a link that is not followed. */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes(systemCodeOf(error) ?? "");
}

/** `ENOENT`, `EACCES` …, or undefined when it is not a system error. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
