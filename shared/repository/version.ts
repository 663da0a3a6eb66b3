/** Major and minor of `7.10.2`; `undefined` when there is none, so that callers fall back to rules that hold for every version. */
export function parseVersion(text: string | undefined): [major: number, minor: number] | undefined {
  const match = /^(\d+)\.(\d+)/.exec(text ?? "");
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

export function isAtLeast([major, minor]: [number, number], wantedMajor: number, wantedMinor: number): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
