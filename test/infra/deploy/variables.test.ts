import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (file: string) => readFileSync(file, "utf8");
const listed = new Set(
  read("docs/deploy.md")
    .split("\n")
    .filter((line) => /^\| `[A-Z]/.test(line))
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name)),
);
const namesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []);

it("docs/deploy.md lists every variable of ossnap.yaml, of s.yaml and of the sources", () => {
  const sources = execFileSync("git", ["ls-files", "shared/runtime", "infra/cli", "infra/local/start.ts", "infra/local/host"], {
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file.endsWith(".ts"))
    .map(read)
    .join("\n");
  const wanted = new Set([
    ...namesIn(read("ossnap.yaml").replace(/^\s*#.*$/gm, ""), /\$\{(\w+)\}/g),
    ...namesIn(read("s.yaml"), /env\('(\w+)'/g),
    ...namesIn(sources, /\b((?:OSSNAP|ALIBABA_CLOUD|AWS|FC)_[A-Z_]+)\b/g),
  ]);
  // Of the AWS SDK, and of the stand-in's own instances.
  for (const own of ["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"]) wanted.delete(own);
  expect([...wanted].filter((name) => !listed.has(name)).sort()).toEqual([]);
});
