import { type Finding, pathText } from "../tree.ts";

/** Findings by what they are about; what an earlier group finds makes what a later one says of the same place a mere consequence. */
export interface Groups {
  /** What no value and no key may have: nothing else can be said about it. */
  written: readonly Finding[];
  shape: readonly Finding[];
  across: readonly Finding[];
}

/** One message for one fault: findings that only follow from another one are left out, as mending that one may mend them too. */
export function causesOf({ written, shape, across }: Groups): Finding[] {
  const shapes = shape.filter(isFree(written));
  const before = [...written, ...shapes];
  return [...shapes, ...across.filter(isFree(before)).filter((found) => !before.some((cause) => explains(cause, found))), ...written];
}

/** At or below no place of the others. Settings have dots in their names, so paths are compared as texts. */
function isFree(others: readonly Finding[]): (found: Finding) => boolean {
  const paths = others.map(({ segments }) => pathText(segments));
  return ({ segments }) => {
    const path = pathText(segments);
    return !paths.some((other) => path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`));
  };
}

/** What follows from a fault beside it: a setting that cannot be read is not the one that is missing; an endpoint is compared with its region. */
function explains(cause: Finding, found: Finding): boolean {
  const isBeside = pathText(cause.segments.slice(0, -1)) === pathText(found.segments.slice(0, -1));
  if (!isBeside) return false;
  return (
    found.code === "endpoint.region" ||
    (cause.code === "config.value" && cause.segments.at(-2) === "settings" && found.wrong.startsWith("missing"))
  );
}
