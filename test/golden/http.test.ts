import { describe, expect, it } from "vitest";
import { ROUTES } from "../../shared/runtime/http/routes.ts";
import { routeText } from "./askRoute.ts";
import { OUTCOMES } from "./cases.ts";
import { expectGolden, expectNoOthers } from "./golden.ts";
import { MIGRATION_ROUTE_CASES } from "./migrationCases.ts";
import { ACTING_ROUTES } from "./routesActing.ts";
import { ANY_ROUTE } from "./routesAny.ts";
import { READING_ROUTES } from "./routesReading.ts";
import { STATE_ROUTES } from "./routesState.ts";
import { SHARING_ROUTE_CASES } from "./sharingCases.ts";

const ALL = [...READING_ROUTES, ...STATE_ROUTES, ...ACTING_ROUTES, ...SHARING_ROUTE_CASES, ...MIGRATION_ROUTE_CASES];
const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
/** `POST /backups/{policy}` → `POST-backups-policy.txt` */
const fileOf = (route: { method: string; path: string }) => `${nameOf(route).replace(/[{}]/g, "").replace(/\W+/g, "-")}.txt`;

describe("the answers over HTTP", () => {
  it.each(ALL.map((route) => [nameOf(route), route] as const))("of %s are as recorded", async (_name, route) => {
    expectGolden("http", fileOf(route), await routeText(route));
  });

  it("that all routes share are as recorded", async () => {
    const texts: string[] = [];
    for (const group of ANY_ROUTE) texts.push(await routeText(group));
    expectGolden("http", "any-route.txt", texts.join("\n"));
  });

  it("cover every route of the table and, of each, every outcome that it has", () => {
    expect(ALL.map(nameOf).sort()).toEqual(ROUTES.map(nameOf).sort());
    for (const route of ALL)
      for (const outcome of OUTCOMES) {
        const has = route.cases.some((one) => one.outcome === outcome);
        expect(has !== outcome in route.without, `${nameOf(route)}: ${outcome} is recorded, or the reason for its absence`).toBe(true);
      }
    expectNoOthers("http", [...ALL.map(fileOf), "any-route.txt"]);
  });
});
