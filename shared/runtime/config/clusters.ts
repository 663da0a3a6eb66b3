import * as z from "zod";
import { addressId } from "../../repository/endpoint.ts";
import { isSecretSetting } from "../../repository/settings/settingKeys.ts";
import { awsSchema, checkAmazon } from "./amazon/access.ts";
import { byteBudget } from "./entries/parts.ts";
import { hasPlaceholder } from "./environment.ts";
import { certificate, fingerprint, httpUrl, text } from "./fields.ts";
import { instanceId, region } from "./instanceFields.ts";
import { isPlainRemote } from "./reading.ts";
import { asSection, asText, at, type Finding, finding } from "./tree.ts";

export const clusterSchema = z
  .strictObject({
    url: httpUrl("URL", "The cluster's HTTP address.", { inQuery: false }),
    username: text("User name", "For basic authentication.").optional(),
    password: text("Password", "Best taken from the environment.").optional(),
    apiKey: text(
      "API key",
      "In place of user and password, from 6.7 on: as encoded by Elasticsearch, or id:key. Best taken from the environment.",
    ).optional(),
    aws: awsSchema.optional(),
    ca: certificate(
      "CA",
      "The certificate of a private CA: a file (relative to this one) or its text in PEM form. The bundles contain the file's text.",
    ).optional(),
    fingerprint: fingerprint(
      "Fingerprint",
      "In place of ca: the SHA-256 fingerprint of the CA's certificate, as Elasticsearch prints it at its first start.",
    ).optional(),
    instanceId: instanceId("Instance", "Alibaba's instance id (es-cn-…), for its OpenAPI: shared repositories.").optional(),
    region: region(
      "Region",
      "Alibaba's region of the instance, such as cn-hangzhou. Left out: the region of the functions, in a terminal that of the state.",
    ).optional(),
    keepOldBytes: byteBudget(
      "Keep old bytes",
      "How much of what restores by hand and rollbacks replaced stays here at most, in primary shards: 100gb. The oldest is deleted before its time.",
    ).optional(),
  })
  .meta({ title: "Cluster", description: "An Elasticsearch 2.4 … 9.x endpoint." });

/** Checks how each cluster is reached: one way to authenticate, and certificates only where TLS is used. */
export function checkClusters(tree: unknown): Finding[] {
  return Object.keys(asSection(at(tree, ["clusters"]))).flatMap((name) => [
    ...checkUser(tree, name),
    ...checkTls(tree, name),
    ...checkAmazon(tree, name),
  ]);
}

function checkUser(tree: unknown, name: string): Finding[] {
  const { username, password, apiKey } = asSection(at(tree, ["clusters", name]));
  const path = ["clusters", name];
  const [, scheme] = /^(ApiKey|Basic|Bearer)\s/i.exec(asText(apiKey) ?? "") ?? [];
  if (scheme !== undefined)
    return [finding([...path, "apiKey"], "apiKeyScheme", `a key with the word ${scheme} before it`, "write the key alone")];
  if (asText(username)?.includes(":"))
    return [
      finding(
        [...path, "username"],
        "userColon",
        "a user name with a colon, which basic authentication cannot send",
        "write the name alone",
      ),
    ];
  if (apiKey !== undefined && (username !== undefined || password !== undefined))
    return [finding([...path, "apiKey"], "twoCredentials", "an API key beside a user", "keep one of the two")];
  if (username !== undefined && password === undefined)
    return [
      finding([...path, "username"], "userAlone", "a user without a password", `add clusters.${name}.password, or use apiKey instead`),
    ];
  if (password === undefined || username !== undefined) return [];
  return [finding([...path, "password"], "passwordAlone", "a password without a user", `add clusters.${name}.username`)];
}

function checkTls(tree: unknown, name: string): Finding[] {
  const { url, ca, fingerprint } = asSection(at(tree, ["clusters", name]));
  const path = ["clusters", name, ca === undefined ? "fingerprint" : "ca"];
  if (ca === undefined && fingerprint === undefined) return [];
  if (ca !== undefined && fingerprint !== undefined)
    return [finding(path, "twoCas", "beside a fingerprint, which names a CA too", "keep one of the two")];
  const isPlain = !hasPlaceholder(url) && /^http:/i.test(asText(url) ?? "");
  return isPlain ? [finding(path, "caWithoutTls", "of no use: the URL begins with http", "write https://, or leave it out")] : [];
}

/** Credentials that travel in clear, and one cluster under two names. */
export function clusterWarnings(tree: unknown): Finding[] {
  const names = Object.keys(asSection(at(tree, ["clusters"])));
  return names.flatMap((name) => [...plainTransport(tree, name), ...sameAs(tree, name, names)]);
}

function plainTransport(tree: unknown, name: string): Finding[] {
  const cluster = asSection(at(tree, ["clusters", name]));
  const key = ["password", "apiKey"].find((one) => cluster[one] !== undefined) ?? keyedRegistration(tree, name);
  if (key === undefined || !isPlainRemote(cluster.url)) return [];
  return [finding(["clusters", name, "url"], "plainPassword", `sends ${key} unencrypted`, "write https:// if the cluster offers it")];
}

/** A registration with access keys, which its request contains. */
function keyedRegistration(tree: unknown, cluster: string): string | undefined {
  const paths = ["repositories", "watches"].flatMap((section) =>
    Object.keys(asSection(at(tree, [section]))).map((name) => [section, name]),
  );
  const keyed = paths.find((path) => {
    const settings = asSection(at(tree, [...path, "register", "settings"]));
    return at(tree, [...path, "cluster"]) === cluster && Object.keys(settings).some(isSecretSetting);
  });
  return keyed && `the access key of ${keyed.join(".")}`;
}

/** A cluster is named by its URL; two names would have a lane and a list of jobs each, and not see what the other runs. */
function sameAs(tree: unknown, name: string, names: readonly string[]): Finding[] {
  const own = clusterAddress(tree, name);
  const before = names.slice(0, names.indexOf(name));
  const earlier = own === undefined ? undefined : before.find((other) => clusterAddress(tree, other) === own);
  if (earlier === undefined) return [];
  const wrong = `the address of clusters.${earlier}: work of the two is not kept apart`;
  return [{ ...finding(["clusters", name, "url"], "clusterTwice", wrong, "use one name for one cluster"), params: { other: earlier } }];
}

/** Equal for two names of one cluster; `undefined` for the name of none. */
export function clusterIdOf(tree: unknown, name: unknown): string | undefined {
  const cluster = asText(name);
  return cluster === undefined ? undefined : (clusterAddress(tree, cluster) ?? cluster);
}

function clusterAddress(tree: unknown, name: string): string | undefined {
  const url = asText(at(tree, ["clusters", name, "url"]));
  return url === undefined || hasPlaceholder(url) ? undefined : addressId(url);
}
