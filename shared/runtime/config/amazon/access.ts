import * as z from "zod";
import { hasPlaceholder } from "../environment.ts";
import { checkedText, text } from "../fields.ts";
import { isPlainRemote } from "../reading.ts";
import { asSection, asText, at, type Finding, finding } from "../tree.ts";

const REGION = "^[a-z]{2}(-[a-z]+)+-[0-9]+$";

export const awsSchema = z
  .strictObject({
    region: checkedText(
      "Region",
      "Amazon's region of the domain, such as us-east-1.",
      (value) =>
        new RegExp(REGION).test(value)
          ? undefined
          : { code: "awsRegion", wrong: "not a region of Amazon", fix: "write one such as us-east-1" },
      { pattern: REGION },
    ),
    accessKeyId: text("Access key", "Left out with the secret: the keys of the environment, or of the role found there.").optional(),
    secretAccessKey: text("Secret key", "Best taken from the environment.").optional(),
    sessionToken: text("Session token", "Of temporary keys, such as those of a role.").optional(),
  })
  .meta({
    title: "Amazon's managed service",
    description:
      "Signs each request to a domain of Amazon OpenSearch Service (Elasticsearch or OpenSearch), in place of a user or an API key.",
  });

/** What contradicts `aws` in a cluster's entry. */
export function checkAmazon(tree: unknown, name: string): Finding[] {
  const path = ["clusters", name, "aws"];
  if (at(tree, path) === undefined) return [];
  return [...checkBeside(tree, name), ...checkKeys(tree, name), ...checkAddress(tree, name)];
}

const OTHER_WAYS = ["username", "password", "apiKey"];
const OF_ALIBABA = ["instanceId", "region"];

function checkBeside(tree: unknown, name: string): Finding[] {
  const cluster = asSection(at(tree, ["clusters", name]));
  const path = ["clusters", name, "aws"];
  const other = OTHER_WAYS.find((key) => cluster[key] !== undefined);
  if (other !== undefined)
    return [finding(path, "awsTwoCredentials", `beside ${other}: a request has one proof of who sends it`, "keep one of the two")];
  const foreign = OF_ALIBABA.find((key) => cluster[key] !== undefined);
  if (foreign === undefined) return [];
  return [finding(path, "awsInstance", `beside ${foreign}, which is of an instance of Alibaba Cloud`, "keep one of the two")];
}

/** Access keys of a role begin so, and are refused without their token. */
const TEMPORARY = /^ASIA/;

function checkKeys(tree: unknown, name: string): Finding[] {
  const path = ["clusters", name, "aws"];
  const { accessKeyId, secretAccessKey, sessionToken } = asSection(at(tree, path));
  const missing = accessKeyId === undefined ? "accessKeyId" : "secretAccessKey";
  const isHalf = (accessKeyId === undefined) !== (secretAccessKey === undefined);
  if (isHalf) return [finding(path, "awsHalfKey", `half of a key: ${missing} is missing`, `add clusters.${name}.aws.${missing}`)];
  if (sessionToken !== undefined && accessKeyId === undefined)
    return [finding([...path, "sessionToken"], "awsTokenAlone", "a token without its key", "add accessKeyId and secretAccessKey")];
  if (sessionToken !== undefined || !TEMPORARY.test(asText(accessKeyId) ?? "")) return [];
  return [finding([...path, "accessKeyId"], "awsNoToken", "a temporary key without its token", `add clusters.${name}.aws.sessionToken`)];
}

const DOMAIN_HOST = /\.([a-z0-9-]+)\.(es|aoss|aos)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;

function checkAddress(tree: unknown, name: string): Finding[] {
  const url = at(tree, ["clusters", name, "url"]);
  const path = ["clusters", name, "url"];
  if (isPlainRemote(url)) return [finding(path, "awsPlain", "not encrypted, which Amazon's service does not offer", "write https://")];
  const text = asText(url) ?? "";
  if (hasPlaceholder(text) || !URL.canParse(text)) return [];
  const [, region, service] = DOMAIN_HOST.exec(new URL(text).hostname) ?? [];
  if (service === "aoss")
    return [
      finding(
        path,
        "awsServerless",
        "a collection of OpenSearch Serverless, which takes no snapshots",
        "name a domain (….es.amazonaws.com)",
      ),
    ];
  const written = asText(at(tree, ["clusters", name, "aws", "region"]));
  if (region === undefined || written === undefined || hasPlaceholder(written) || region === written) return [];
  return [finding(["clusters", name, "aws", "region"], "awsOtherRegion", `not ${region}, where the domain is`, `write ${region}`)];
}
