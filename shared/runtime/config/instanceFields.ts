import { INSTANCE_ID, INSTANCE_ID_FIX, REGION } from "../../model/instances/instances.ts";
import { checkedText } from "./fields.ts";

export function instanceId(title: string, description: string) {
  const check = (value: string) =>
    INSTANCE_ID.test(value) ? undefined : { code: "instanceId", wrong: "not an instance id", fix: INSTANCE_ID_FIX };
  return checkedText(title, description, check, { pattern: INSTANCE_ID.source });
}

export function region(title: string, description: string) {
  const check = (value: string) =>
    REGION.test(value) ? undefined : { code: "region", wrong: "not a region", fix: "write one such as cn-hangzhou" };
  return checkedText(title, description, check, { pattern: REGION.source });
}
