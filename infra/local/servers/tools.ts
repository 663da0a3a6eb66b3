import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError, hasCode } from "../../../shared/model/errors.ts";
import { runProgram } from "./runProgram.ts";

/** A program that only prints its version and takes longer than this hangs. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Directories in which Linux distributions, macOS and Homebrew install JDKs; `Contents/Home` is Apple's layout inside each. */
const JAVA_PARENTS = ["/usr/lib/jvm", "/Library/Java/JavaVirtualMachines"];
const JAVA_HOMEBREW_HOMES = ["/opt/homebrew/opt/openjdk@17", "/usr/local/opt/openjdk@17"];

export interface Java {
  home: string;
  /** 17 */
  major: number;
}

/** First and last Java version that an Elasticsearch supports; `preferred` is the one it was tested with. */
export interface JavaRange {
  first: number;
  last: number;
  preferred: number;
}

/** Elasticsearch 2.4 to 8: `-Djava.security.manager=allow` was introduced in Java 17 and the security manager removed in 24. */
export const JAVA_17: JavaRange = { first: 17, last: 23, preferred: 17 };

export interface Tools {
  javas: Java[];
  maven: string;
  python: string;
}

/**
 * Finds the tools of the local host: Java 17, Maven, Python 3 with venv.
 * Errors: one `invalid` that lists everything missing and how to install it.
 */
export async function checkTools(environment: Record<string, string | undefined> = process.env): Promise<Tools> {
  const [javas, maven, python] = await Promise.all([
    findJavas(environment),
    answers("mvn", ["-v"], environment),
    answers("python3", ["-c", "import sys, venv, ensurepip; assert sys.version_info >= (3, 8)"], environment),
  ]);
  const missing: string[] = [];
  if (pickJava(javas, JAVA_17) === undefined) missing.push(javaMissing(JAVA_17, javas));
  if (!maven) missing.push("Maven is missing: install it (Debian: sudo apt-get install maven; macOS: brew install maven)");
  if (!python)
    missing.push(
      "Python 3 with venv is missing: install it (Debian: sudo apt-get install python3 python3-venv; macOS: brew install python@3.12)",
    );
  if (missing.length > 0) throw new AppError("invalid", missing[0] ?? "", { lines: missing.slice(1) });
  return { javas, maven: "mvn", python: "python3" };
}

/** A Java in the range; throws an `invalid` that explains how to install one. */
export async function requireJava(range: JavaRange, environment: Record<string, string | undefined> = process.env): Promise<Java> {
  const javas = await findJavas(environment);
  const java = pickJava(javas, range);
  if (java === undefined) throw new AppError("invalid", javaMissing(range, javas));
  return java;
}

/** The preferred version, else the newest in the range. */
export function pickJava(javas: Java[], range: JavaRange): Java | undefined {
  const fitting = javas.filter(({ major }) => major >= range.first && major <= range.last);
  return fitting.find(({ major }) => major === range.preferred) ?? fitting.toSorted((one, other) => other.major - one.major)[0];
}

/** Parses the output of `java -XshowSettings:properties -version`; undefined when it is not Java's. */
export function parseJava(text: string): Java | undefined {
  const home = /^\s*java\.home = (.+?)\s*$/m.exec(text)?.[1];
  const version = /^\s*java\.specification\.version = (?:1\.)?(\d+)\s*$/m.exec(text)?.[1];
  return home === undefined || version === undefined ? undefined : { home, major: Number(version) };
}

async function findJavas(environment: Record<string, string | undefined>): Promise<Java[]> {
  const homes = [...(environment.JAVA_HOME ? [environment.JAVA_HOME] : []), ...(await installedHomes()), ...JAVA_HOMEBREW_HOMES];
  const commands = [...new Set(["java", ...homes.map((home) => join(home, "bin", "java"))])];
  const found = await Promise.all(commands.map((command) => askJava(command, environment)));
  const byHome = new Map(found.flatMap((java) => (java === undefined ? [] : [[java.home, java] as const])));
  return [...byHome.values()];
}

async function installedHomes(): Promise<string[]> {
  const homes: string[] = [];
  for (const parent of JAVA_PARENTS) {
    const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    for (const name of names) homes.push(parent === "/usr/lib/jvm" ? join(parent, name) : join(parent, name, "Contents", "Home"));
  }
  return homes;
}

async function askJava(command: string, environment: Record<string, string | undefined>): Promise<Java | undefined> {
  try {
    // Java prints its settings to stderr, so a shell merges both streams.
    const shellCommand = '"$0" -XshowSettings:properties -version 2>&1';
    return parseJava(await runProgram("Java", "sh", ["-c", shellCommand, command], { env: environment, timeoutMs: ANSWER_TIMEOUT_MS }));
  } catch (error) {
    if (hasCode(error, "invalid", "transient")) return undefined;
    throw error;
  }
}

async function answers(command: string, args: string[], environment: Record<string, string | undefined>): Promise<boolean> {
  try {
    await runProgram(command, command, args, { env: environment, timeoutMs: ANSWER_TIMEOUT_MS });
    return true;
  } catch (error) {
    if (hasCode(error, "invalid", "transient")) return false;
    throw error;
  }
}

function javaMissing({ preferred }: JavaRange, javas: Java[]): string {
  const found = [...new Set(javas.map(({ major }) => major))].sort((one, other) => one - other);
  const others = found.length === 0 ? "" : ` (found: ${found.join(", ")})`;
  return (
    `Java ${preferred} is missing${others}: install it (Debian: sudo apt-get install openjdk-${preferred}-jre-headless; ` +
    `macOS: brew install openjdk@${preferred}) or point JAVA_HOME at one`
  );
}
