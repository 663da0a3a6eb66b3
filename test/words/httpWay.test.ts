import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { EN } from "../../shared/words/en.ts";
import { spelledForHttp } from "../../shared/words/httpWay.ts";

const SHARED = fileURLToPath(new URL("../../shared/", import.meta.url));
/** What only a terminal does: it writes the first object of a state, or reads a place that ossnap.yaml does not name. */
const TERMINAL_ONLY = ["ossnap init", "ossnap snapshots URL"];

/** The routes as docs/http.md lists them: `POST /prunes/{policy}`. */
function documentedRoutes(): RegExp[] {
  const text = readFileSync(fileURLToPath(new URL("../../docs/http.md", import.meta.url)), "utf8");
  const routes = [...text.matchAll(/^\| `((?:GET|POST|DELETE) [^`]+)` \|/gm)].map(([, route = ""]) => route);
  return routes.map((route) => new RegExp(`^${route.replace(/\{\w+\}/g, "[^/?]+")}(?:\\?\\S+)?(?: \\{.*\\})?$`));
}

/** Every command that a sentence or a message of shared/ prints. */
function commands(): string[] {
  const files = readdirSync(SHARED, { recursive: true, encoding: "utf8" }).filter((file) => /(?<!httpWay)\.ts$/.test(file));
  const sources = files.map((file) => readFileSync(SHARED + file, "utf8").replaceAll("\\`", "`"));
  const found = [...sources, ...Object.values(EN)].flatMap((text) =>
    [...text.matchAll(/`(ossnap [^`\n]+)`/g)].map(([, line = ""]) => line),
  );
  return [...new Set(found.map((line) => line.replace(/\$?\{(\w+)\}/g, "$1")))].filter((line) => !line.includes("…"));
}

describe("a command in an answer of the HTTP function", () => {
  it.each(commands())("is a documented route, or is known to need a terminal: %s", (command) => {
    const spelled = spelledForHttp(`run: \`${command}\`.`);
    if (TERMINAL_ONLY.includes(command)) expect(spelled).toBe(`run: \`${command}\` on the command line.`);
    else expect(documentedRoutes().some((route) => route.test(spelled.slice(6, -2)))).toBe(true);
  });

  it.each([
    ["ossnap prune nightly --apply 5f3a9c1e", 'POST /prunes/nightly {"apply":"5f3a9c1e"}'],
    ["ossnap adopt --yes --take-over a b", 'POST /adopt {"apply":true,"takeOver":["a","b"]}'],
    ["ossnap jobs show 'backup-o'\\''clock'", "GET /jobs/backup-o'clock?look=true"],
    ["ossnap repositories register 'a b' --apply --overwrite", 'POST /repositories/a%20b {"overwrite":true}'],
    ["ossnap jobs --kind retire", "GET /jobs?kind=retire"],
    [
      "ossnap migrate policies movies --kms-key arn:aws:kms:a:1:key/b",
      "GET /migrations/movies/policies?kmsKey=arn%3Aaws%3Akms%3Aa%3A1%3Akey%2Fb",
    ],
    ["ossnap copy move", "POST /copies/move"],
    ["ossnap delete --broken --repository backups", 'POST /deletions {"repository":"backups","broken":true}'],
    ["ossnap delete snap-1 --repository backups", 'POST /deletions {"repository":"backups","snapshot":"snap-1"}'],
    ["ossnap backup nightly --dry-run", 'POST /backups/nightly {"dryRun":true}'],
    ["ossnap dance", "ossnap dance` on the command line"],
  ])("has its words as path, query and body: %s", (command, way) => {
    expect(spelledForHttp(`\`${command}\``).replace(/`$/, "")).toBe(`\`${way}`);
  });
});
