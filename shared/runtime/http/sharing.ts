import * as z from "zod";
import { AppError } from "../../model/errors.ts";
import { applySharing, drySharing } from "../../verbs/sharing/apply.ts";
import { listShared } from "../../verbs/sharing/show.ts";
import type { SharingPlan } from "../../verbs/sharing/types.ts";
import { sharingRefusal } from "../refusalText.ts";
import type { Call, Route } from "./call.ts";
import { type HttpAnswer, json } from "./problem.ts";
import { route } from "./route.ts";
import { nameText } from "./texts.ts";

const sharingBody = z.strictObject({ instance: nameText, apply: z.boolean().default(false) });

/** Shared repositories of a cluster of ossnap.yaml: what there is, and dry runs of changes that `apply` makes. */
export const SHARING_ROUTES: readonly Route[] = [
  route(
    "GET",
    "/clusters/{name}/shared",
    z.strictObject({}).default({}),
    () => false,
    async ({ world, params }) => json(200, await listShared(world, params.name ?? "")),
  ),
  ...(["add", "remove"] as const).map((kind) =>
    route(
      "POST",
      `/clusters/{name}/shared/${kind}`,
      sharingBody,
      ({ apply }) => apply,
      (call) => answerSharing(call, kind),
    ),
  ),
];

async function answerSharing(
  { world, params, body: { instance, apply } }: Call<z.output<typeof sharingBody>>,
  kind: SharingPlan["kind"],
): Promise<HttpAnswer> {
  const request = { cluster: params.name ?? "", instance };
  if (!apply) return json(200, { ...(await drySharing(world, kind, request)), done: false });
  const { plan, done } = await applySharing(world, kind, request);
  const [why] = plan.refusals;
  if (why) {
    const { say } = await import("../../words/say.ts");
    throw new AppError("conflict", sharingRefusal(plan.refusals, say), { reason: why });
  }
  return json(200, { ...plan, done });
}
