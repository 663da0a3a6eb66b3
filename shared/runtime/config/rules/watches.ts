import { ALIAS_FIX, aliasFault } from "../../../model/aliases/aliasName.ts";
import { clusterIdOf } from "../clusters.ts";
import { asSection, asText, at, type Finding, finding, type Segments } from "../tree.ts";
import { checkRate } from "../watches/restoreRate.ts";
import { checkSelection } from "./selection.ts";

/** What a watch's restore says of its indices, aliases and registration. */
export function checkWatch(tree: unknown, name: string): Finding[] {
  const findings: Finding[] = [
    ...checkSelection(tree, ["watches", name, "restore", "indices"]),
    ...checkAliases(tree, name),
    ...checkRate(tree, name),
  ];
  const registered = asText(at(tree, ["watches", name, "register", "name"]));
  const taken = registered === undefined ? undefined : nameTaken(tree, name, registered);
  if (taken !== undefined) {
    findings.push(finding(["watches", name, "register", "name"], "nameTaken", `taken on that cluster by ${taken}`, "write another name"));
  }
  return findings;
}

function checkAliases(tree: unknown, name: string): Finding[] {
  const findings: Finding[] = [];
  const indices = at(tree, ["watches", name, "restore", "indices"]);
  const [alias, aliases] = ["alias", "aliases"].map((member) => at(tree, ["watches", name, "restore", member]));
  if (alias !== undefined && aliases !== undefined)
    findings.push(
      finding(["watches", name, "restore", "alias"], "aliasBoth", "beside aliases", "write it among aliases, or leave one out"),
    );
  if (aliases !== undefined && Object.keys(asSection(aliases)).length === 0)
    findings.push(
      finding(["watches", name, "restore", "aliases"], "aliasNone", "no alias", "write an alias with its indices, such as logs: logs-*"),
    );
  if (alias !== undefined && Array.isArray(indices) && indices.length > 1) {
    const wrong = "one alias for several indices: it must stand on exactly one";
    findings.push(
      finding(["watches", name, "restore", "alias"], "aliasMany", wrong, "write aliases, each with its indices, or leave out alias"),
    );
  }
  for (const one of Object.keys(asSection(aliases))) {
    const wrong = aliasFault(one);
    if (wrong !== undefined)
      findings.push(finding(["watches", name, "restore", "aliases"], "alias", `the alias ${JSON.stringify(one)} ${wrong}`, ALIAS_FIX));
  }
  for (const { path, watch } of aliasesTaken(tree, name)) {
    const wrong = `the alias of watches.${watch} on the same cluster, which each would take from the other`;
    findings.push(finding(path, "aliasTwice", wrong, "write another alias"));
  }
  return findings;
}

function clusterOf(tree: unknown, entry: Segments): string | undefined {
  return clusterIdOf(tree, at(tree, [...entry, "cluster"]));
}

/** Aliases of this watch that an earlier one moves on the same cluster. */
function aliasesTaken(tree: unknown, watch: string): { path: Segments; watch: string }[] {
  const cluster = clusterOf(tree, ["watches", watch]);
  if (cluster === undefined) return [];
  const names = Object.keys(asSection(at(tree, ["watches"])));
  const earlier = names.slice(0, names.indexOf(watch)).filter((other) => clusterOf(tree, ["watches", other]) === cluster);
  return aliasPaths(tree, watch).flatMap(({ alias, path }) => {
    const other = earlier.find((name) => aliasPaths(tree, name).some((one) => one.alias === alias));
    return other === undefined ? [] : [{ path, watch: other }];
  });
}

function aliasPaths(tree: unknown, watch: string): { alias: unknown; path: Segments }[] {
  const restore = ["watches", watch, "restore"];
  const one = at(tree, [...restore, "alias"]);
  const several = Object.keys(asSection(at(tree, [...restore, "aliases"])));
  return [
    ...(one === undefined ? [] : [{ alias: one, path: [...restore, "alias"] }]),
    ...several.map((alias) => ({ alias, path: [...restore, "aliases", alias] })),
  ];
}

function nameTaken(tree: unknown, watch: string, registered: string): string | undefined {
  const cluster = clusterOf(tree, ["watches", watch]);
  if (cluster === undefined) return undefined;
  if (clusterOf(tree, ["repositories", registered]) === cluster) return `repositories.${registered}`;
  const names = Object.keys(asSection(at(tree, ["watches"])));
  const earlier = names
    .slice(0, names.indexOf(watch))
    .find((other) => clusterOf(tree, ["watches", other]) === cluster && at(tree, ["watches", other, "register", "name"]) === registered);
  return earlier === undefined ? undefined : `watches.${earlier}`;
}
