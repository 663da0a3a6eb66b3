import { describe, expect, it } from "vitest";
import { addressKind } from "../../../infra/deploy/addressKind.ts";

const from = (host: string) => addressKind(host)?.from;

describe("an address", () => {
  it.each([
    ...["127.0.0.1", "127.1", "0x7f000001", "2130706433", "0", "[::1]", "[::ffff:127.0.0.1]", "localhost", "A.LOCALHOST."].map((host) => [
      host,
      "machine",
    ]),
    ...[
      "10.0.0.1",
      "012.0.0.1",
      "10.1",
      "0x0a000001",
      "167772161",
      "[::ffff:a00:1]",
      "\uff11\uff10.0.0.1",
      "172.31.255.255",
      "[fd00::1]",
    ].map((host) => [host, "vpc"]),
    ...["100.100.2.148", "es", "es.internal.", "es.corp", "es.intranet", "es-cn-x.elasticsearch.aliyuncs.com"].map((host) => [host, "vpc"]),
    ...["vpc-a-b.us-east-1.es.amazonaws.com", "vpc-a-b.cn-north-1.es.amazonaws.com.cn", "vpc-a-b.aos.us-east-1.on.aws"].map((host) => [
      host,
      "vpc",
    ]),
    ["ep-2ze0.cn-hangzhou.privatelink.aliyuncs.com", "vpc"],
    ...["169.254.1.1", "[fe80::1]", "239.0.0.1", "255.255.255.255", "192.0.2.1", "203.0.113.9", "[2001:db8::1]"].map((host) => [
      host,
      "nowhere",
    ]),
  ] as [string, string][])("%s is reached from %s alone, however it is written", (host, where) => {
    expect(from(host)).toBe(where);
  });

  it.each([
    ...["8.8.8.8", "11.0.0.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.169.0.1", "192.0.3.1", "[::ffff:8.8.8.8]"],
    ...["[2400:3200::1]", "es.example.com", "internal.example.com", "corp.example.com", "b\u00f6se.example.com", "vpc-1.example.com"],
    ...["es-cn-x.public.elasticsearch.aliyuncs.com", "search-a-b.us-east-1.es.amazonaws.com", "oss-cn-hangzhou-internal.aliyuncs.com"],
    ...["search-a-b.aos.us-east-1.on.aws", "10.example.com", "127.0.0.1.example.com"],
  ])("%s is reached over the internet, or needs no VPC", (host) => {
    expect(from(host)).toBeUndefined();
  });
});
