import type { ClusterConfig, Config, Place } from "../../shared/model/config.ts";
import { checkEndpoint, parseEndpoint } from "../../shared/repository/endpoint.ts";
import { type Fault, fault } from "../../shared/repository/fault.ts";
import { addressKind } from "./addressKind.ts";
import type { FunctionProps } from "./serverlessSchema.ts";

/**
 * Refuses what functions in the region of s.yaml cannot reach: another region, internal addresses without a VPC, and addresses that have a
 * meaning on one machine or one cable only.
 * @param isHere whether the functions run on this machine: then this machine's own addresses are theirs.
 */
export function checkNetwork(config: Config, deployed: readonly { path: string; props: FunctionProps }[], isHere = false): Fault[] {
  const [first, ...others] = deployed;
  if (first === undefined) return [];
  const { region, vpcConfig } = first.props;
  const elsewhere = others
    .filter(({ props }) => props.region !== region)
    .map(({ path, props }) =>
      fault(`${path}.region`, "serverless.region", `is not ${region}, the region of the others`, "deploy all to one", {
        value: props.region,
      }),
    );
  const isInVpc = vpcConfig !== undefined;
  return [
    ...elsewhere,
    ...checkState(config, region),
    ...checkPlaces(config, region),
    ...(isInVpc ? checkVpc(config, deployed) : []),
    ...outOfReach(config, { isInVpc, isHere }),
  ];
}

/** The state is asked for in every invocation, and its triggers work within one region. */
function checkState({ state }: Config, region: string): Fault[] {
  if (state.store !== "oss" || state.region === undefined || state.region === region) return [];
  const wrong = `lies in another region than the functions, which s.yaml deploys to ${region}`;
  return [
    fault("state.region", "serverless.region", wrong, `write ${region}, or set vars.region of s.yaml to ${state.region}`, {
      value: state.region,
    }),
  ];
}

function checkPlaces(config: Config, callerRegion: string): Fault[] {
  return placesOf(config).flatMap(([path, { store, endpoint }]) => {
    if (store !== "oss" || endpoint === undefined) return [];
    const { faults } = checkEndpoint({ path: `${path}.endpoint`, endpoint, callerRegion });
    return faults.filter(({ reason }) => reason.code === "endpoint.unreachable");
  });
}

function checkVpc({ vpc }: Config, deployed: readonly { path: string; props: FunctionProps }[]): Fault[] {
  if (vpc === undefined) return [];
  return deployed.flatMap(({ path, props: { vpcConfig } }) => {
    const isSame = typeof vpcConfig === "object" && vpcConfig.vpcId === vpc.id && vpcConfig.securityGroupId === vpc.securityGroup;
    const switches = typeof vpcConfig === "object" && Array.isArray(vpcConfig.vSwitchIds) ? vpcConfig.vSwitchIds : [];
    if (isSame && switches.join() === vpc.vSwitches.join()) return [];
    return [fault(`${path}.vpcConfig`, "serverless.vpc", "differs from vpc of ossnap.yaml", "remove it: it is added from there")];
  });
}

function outOfReach(config: Config, { isInVpc, isHere }: { isInVpc: boolean; isHere: boolean }): Fault[] {
  return addressesOf(config).flatMap(([path, address]) => {
    const { words, from } = addressKind(hostOf(address)) ?? {};
    if (words === undefined || (from === "vpc" && isInVpc) || (from === "machine" && isHere)) return [];
    if (from === "vpc") return [fault(path, "serverless.internal", `${words}, which functions without a VPC cannot reach`, VPC_FIX)];
    return [fault(path, "serverless.unreachable", `${words}, which no function can reach`, "write the address by which others reach it")];
  });
}

const VPC_FIX = "add vpc: { id: vpc-…, vSwitches: [vsw-…], securityGroup: sg-… } to ossnap.yaml, or write the public address";

/** What an operator must set up beside ossnap: who admits addresses by a list, and which addresses the functions have. */
export function networkNotes({ clusters, vpc }: Config): string[] {
  return Object.entries(clusters).flatMap(([name, cluster]) => {
    const isInternal = hostOf(cluster.url).endsWith(".elasticsearch.aliyuncs.com") && !isPublic(cluster);
    if (vpc !== undefined && isInternal)
      return [`clusters.${name}: add the address ranges of ${vpc.vSwitches.join(", ")} to the private white list of the instance`];
    if (!isPublic(cluster)) return [];
    const gateway = "a NAT gateway with an elastic IP (EIP)";
    const wanted =
      vpc === undefined ? `give the functions a vpc with ${gateway}` : `give ${vpc.id} ${gateway}, set internetAccess: false in s.yaml`;
    return [
      `clusters.${name}: its public address admits by white list, and functions come from changing addresses: ${wanted}, and add the EIP to the list`,
    ];
  });
}

function isPublic({ url }: ClusterConfig): boolean {
  return /\.public\.elasticsearch\.aliyuncs\.com$/.test(hostOf(url));
}

/** An endpoint may lack the scheme. */
function hostOf(address: string): string {
  if (URL.canParse(address) && /^https?:/i.test(address)) return new URL(address).hostname;
  return (parseEndpoint(address)?.host ?? address).replace(/:\d+$/, "");
}

function addressesOf(config: Config): [path: string, address: string][] {
  const clusters = Object.entries(config.clusters).map(([name, { url }]): [string, string] => [`clusters.${name}.url`, url]);
  const places = placesOf(config).flatMap(([path, { endpoint }]): [string, string][] =>
    endpoint === undefined ? [] : [[`${path}.endpoint`, endpoint]],
  );
  return [...clusters, ...places, ...config.notify.map(({ url }, index): [string, string] => [`notify[${index}].url`, url])];
}

/** Every place of a bucket; one that is derived from a registration is the cluster's own address. */
function placesOf({ state, repositories, copies, watches }: Config): [path: string, place: Place][] {
  return [
    ["state", state],
    ...Object.entries(repositories).flatMap(([name, { blobs }]): [string, Place][] =>
      blobs === undefined ? [] : [[`repositories.${name}.blobs`, blobs]],
    ),
    ...Object.entries(copies).map(([name, { to }]): [string, Place] => [`copies.${name}.to`, to]),
    ...Object.entries(watches).map(([name, { blobs }]): [string, Place] => [`watches.${name}.blobs`, blobs]),
  ];
}
