import { at, type Finding, finding, type Segments } from "../tree.ts";

/** Patterns of indices that select nothing, or exclude what nothing selected. */
export function checkSelection(tree: unknown, path: Segments): Finding[] {
  const indices = at(tree, path);
  if (!Array.isArray(indices) || indices.length === 0) return [];
  const all = indices.map(String);
  if (all.every((one) => one.startsWith("-")))
    return [finding(path, "selectsNothing", "excludes only, and so selects nothing", 'put a pattern such as "*" before it')];
  if (all[0]?.startsWith("-"))
    return [finding([...path, 0], "excludesNothing", "excludes before anything is selected, and so has no effect", "move it behind")];
  const left = all.filter((one, at) => !one.startsWith("-") && !all.slice(at).some((later) => later === `-${one}` || later === "-*"));
  if (left.length > 0) return [];
  return [finding(path, "selectsNothing", "excludes everything that it selects", "remove an exclusion, or narrow it")];
}
