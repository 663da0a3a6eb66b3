import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ROUTES } from "../../../shared/runtime/http/routes.ts";

const rows = readFileSync("docs/http.md", "utf8")
  .split("\n")
  .filter((line) => /^\| `(GET|POST|DELETE) /.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()));
const named = (cell = "") => [...cell.replace(/\(.*?\)/g, "").matchAll(/`(\w+)`/g)].map(([, name]) => name);

/** The members of a body, and whether one without them changes something. */
function bodyOf({ body, changes }: (typeof ROUTES)[number]): { members: string[]; reads: boolean } {
  const schema = body ? (z.toJSONSchema(body, { io: "input" }) as { properties?: object }) : {};
  return { members: Object.keys(schema.properties ?? {}), reads: !changes({}) };
}

describe("docs/http.md", () => {
  it("lists every route, in the order of the table of routes", () => {
    expect(rows.map(([, route]) => route)).toEqual(ROUTES.map(({ method, path }) => `\`${method} ${path}\``));
  });

  it.each(ROUTES.map((route, at) => [`${route.method} ${route.path}`, route, rows[at] ?? []] as const))(
    "says of %s which role, parameters and members it has",
    (_name, route, [, , role, queries, body]) => {
      const { members, reads } = bodyOf(route);
      expect(named(queries)).toEqual(route.queries ?? []);
      expect(named(body)).toEqual(members);
      expect(role?.startsWith(reads ? "viewer" : "operator")).toBe(true);
    },
  );
});
