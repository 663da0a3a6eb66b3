import * as z from "zod";
import { checkedText } from "../fields.ts";

/** An id as the console shows it: `vpc-bp1…`. */
function id(title: string, description: string, prefix: string) {
  const pattern = `^${prefix}-[a-z0-9]+$`;
  const fix = `write the id that the console shows, as in ${prefix}-bp1aevy8sofi8mh1q4t58`;
  const check = (value: string) =>
    new RegExp(pattern).test(value) ? undefined : { code: "vpcId", wrong: `not an id of the form ${prefix}-…`, fix };
  return checkedText(title, description, check, { pattern });
}

/** Where the functions run; https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/user-guide/configure-network-settings */
export const vpc = z
  .strictObject({
    id: id("VPC", "Of the clusters' own network: vpc-….", "vpc"),
    vSwitches: z
      .array(id("vSwitch", "vsw-…, in a zone of Function Compute.", "vsw"))
      .min(1)
      .meta({ title: "vSwitches", description: "The functions' addresses come from them; clusters allow them in their white list." }),
    securityGroup: id("Security group", "sg-…; it must let 9200 out.", "sg"),
  })
  .meta({
    title: "VPC",
    description:
      "The network in which the functions reach clusters at internal addresses. The HTTP function then has no URL on the internet.",
  });
