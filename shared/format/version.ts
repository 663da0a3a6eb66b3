import { openSearchVersion } from "../model/repository.ts";

/**
 * From 8.11 on Elasticsearch writes an index version that several releases share; each is mapped to the first release that wrote it
 * (github.com/elastic/elasticsearch, `IndexVersions.csv` in the server's resources; 8521000 and 9039001 also seen in real repositories).
 */
const FIRST_RELEASE_OF: Readonly<Record<number, string>> = {
  8500003: "8.11.0",
  8500008: "8.12.0",
  8500010: "8.12.1",
  8503000: "8.13.0",
  8505000: "8.14.0",
  8512000: "8.15.0",
  8518000: "8.16.0",
  8521000: "8.17.0",
  8525000: "8.18.0",
  8536000: "8.19.0",
  8537000: "8.19.9",
  9009000: "9.0.0",
  9033000: "9.1.0",
  9033001: "9.1.9",
  9039001: "9.2.0",
  9039002: "9.2.2",
  9039003: "9.2.3",
  9060000: "9.3.0",
  9060001: "9.3.3",
};
/** Numbers below this are releases: two digits each for minor, patch and build. */
const INDEX_VERSION_MIN = 8_500_000;

/**
 * `5050299` → `5.5.2`, `8521000` → `8.17.0`, `136327827` → `OpenSearch 2.11.0`; an index version without a known release keeps its number, as
 * in `9.x-9070000`.
 */
export function versionName(id: number): string {
  const other = openSearchVersion(id);
  if (other !== undefined) return other;
  const major = Math.floor(id / 1_000_000);
  if (id < INDEX_VERSION_MIN) return `${major}.${Math.floor(id / 10_000) % 100}.${Math.floor(id / 100) % 100}`;
  return FIRST_RELEASE_OF[id] ?? `${major}.x-${id}`;
}

/** Negative when `a` is older; missing parts count as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return version.split(/[.-]/).map((part) => (/^\d+$/.test(part) ? Number(part) : 0));
}
