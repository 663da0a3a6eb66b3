import { INSTANCE_ID, INSTANCE_ID_FIX } from "../../model/instances/instances.ts";
import { checkedText } from "./fields.ts";

const REGION_PATTERN = "^[a-z]{2,}(-[a-z0-9]+)+$";

export function instanceId(title: string, description: string) {
  const check = (value: string) =>
    INSTANCE_ID.test(value) ? undefined : { code: "instanceId", wrong: "not an instance id", fix: INSTANCE_ID_FIX };
  return checkedText(title, description, check, INSTANCE_ID.source);
}

/** It becomes part of the name of the API's host. */
export function region(title: string, description: string) {
  const check = (value: string) =>
    new RegExp(REGION_PATTERN).test(value) ? undefined : { code: "region", wrong: "not a region", fix: "write one such as cn-hangzhou" };
  return checkedText(title, description, check, REGION_PATTERN);
}
