import { AppError, type ErrorCode } from "../../model/errors.ts";

/** What the operating system's refusals mean; all others are `permanent`, such as a full disk, which a person must mend. */
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

/** The system's error in the closed family; anything else, such as an error of the reader of `putFrom`, as it is. */
export function directoryError(error: unknown, subject: string): unknown {
  const systemCode = error instanceof AppError ? undefined : systemCodeOf(error);
  if (systemCode === undefined) return error;
  const hint = systemCode === "EEXIST" ? "a blob is already there" : systemCode;
  return new AppError(CODES[systemCode] ?? "permanent", `${subject}: ${hint}`, { cause: error });
}

/** True for what a read of one key means by "not there": no such file, a file where a folder was named, a link that is not followed. */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes(systemCodeOf(error) ?? "");
}

/** `ENOENT`, `EACCES` …, or undefined for anything that the system did not say. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
