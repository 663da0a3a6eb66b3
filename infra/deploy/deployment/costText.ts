import type { Config } from "../../../shared/model/config.ts";
import { idleMonth, monthlyCost } from "../cost/monthlyCost.ts";

/** What the deployment costs in a month in which nothing happens, for a person; what work costs beside it, docs/scale.md says. */
export function costLines(config: Pick<Config, "watches" | "copies">): string[] {
  const { functions, requests, total } = monthlyCost(idleMonth(config)).cny;
  const cny = (amount: number) => `CNY ${amount.toFixed(2)}`;
  return [
    `A month in which nothing happens costs about ${cny(total)}: functions ${cny(functions)}, requests to OSS ${cny(requests)};`,
    "       copies, backups, logs and stored bytes come to that (docs/scale.md).",
  ];
}
