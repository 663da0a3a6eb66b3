import { messageOf } from "../../shared/model/errors.ts";
import { redactor, secretsKnown } from "../../shared/runtime/redact.ts";
import { VERSION } from "../../shared/runtime/settings.ts";
import { connect } from "../../shared/runtime/wire.ts";
import { CHECKS, FREE } from "./checks.ts";
import { askCluster } from "./cluster.ts";
import { removeAll } from "./removeAll.ts";
import { type Finding, findingLine, type Report } from "./report.ts";
import { type AcceptOptions, apiOf, type Stage } from "./stage.ts";

/**
 * Tries on a platform what the product relies on, and takes everything away again unless it is to stay. Nothing that fails ends it: what needs
 * the failed check is then not checked.
 */
export async function accept(options: AcceptOptions): Promise<Report> {
  const { settings, context, token, write } = options;
  const redact = redactor([...secretsKnown(settings.secrets, context), options.keys.accessKeySecret, options.keys.securityToken, token]);
  const nowhere = "http://127.0.0.1:9";
  const stage: Stage = { ...options, state: connect(settings, context).state, url: nowhere, api: apiOf(options, nowhere), documents: 0 };
  const findings: Finding[] = [];
  const note = (finding: Finding) => {
    findings.push({ ...finding, seen: redact(finding.seen) });
    write(findingLine(findings.at(-1) as Finding));
  };
  for (const { name, after, run } of CHECKS) {
    const missing = after.find((needed) => findings.some((one) => one.check === needed && one.outcome !== "ok"));
    if (missing === undefined) note(await finding(name, () => run(stage)));
    else note({ check: name, outcome: "not checked", seen: `it needs "${missing}"`, seconds: 0 });
  }
  const isOurs = findings.some(({ check, outcome }) => check === FREE && outcome === "ok");
  const kept = isOurs ? "everything is left where it is, as asked" : "nothing was written, and nothing is removed";
  const isLeft = options.keep || !isOurs;
  note(isLeft ? { check: "removal", outcome: "not checked", seen: kept, seconds: 0 } : await finding("removal", () => removeAll(stage)));
  return { about: await aboutOf(stage), findings };
}

async function finding(check: string, run: () => Promise<string>): Promise<Finding> {
  const startedMs = performance.now();
  const seconds = () => (performance.now() - startedMs) / 1000;
  try {
    return { check, outcome: "ok", seen: await run(), seconds: seconds() };
  } catch (error) {
    return { check, outcome: "failed", seen: messageOf(error), seconds: seconds() };
  }
}

async function aboutOf({ settings, context }: Stage): Promise<Report["about"]> {
  const versions = await Promise.all(
    Object.entries(settings.config.clusters).map(async ([name, cluster]) => {
      const answer = await askCluster(cluster, "GET", "/").catch(() => undefined);
      const { version } = (answer ?? {}) as { version?: { number: string; distribution?: string } };
      return [`cluster ${name}`, version === undefined ? "not reached" : `${version.distribution ?? "elasticsearch"} ${version.number}`];
    }),
  );
  return { ossnap: VERSION, node: process.versions.node, region: context.region ?? "", ...Object.fromEntries(versions) };
}
