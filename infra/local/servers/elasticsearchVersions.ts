import { join } from "node:path";
import { AppError } from "../../../shared/model/errors.ts";
import { JAVA_17, type JavaRange } from "./tools.ts";

const FULL_ZIP = "org.elasticsearch.distribution.zip";
/** The server without most modules; it includes snapshots, restores and `fs` repositories. */
const INTEGRATION_TEST_ZIP = "org.elasticsearch.distribution.integ-test-zip";
/** The only Java version tested with Elasticsearch 9.2. */
const JAVA_25: JavaRange = { first: 25, last: 25, preferred: 25 };

/** The node's settings for its environment. */
export interface NodeSettings {
  name: string;
  httpPort: number;
  transportPort: number;
  runDirectory: string;
  repoDirectories: string[];
  heapMb: number;
  /** The node's own, such as `{ rack: "a" }`. */
  attributes?: Readonly<Record<string, string>> | undefined;
}

export interface NodeCommand {
  command: string;
  args: string[];
  env: Record<string, string>;
}

export interface ElasticsearchVersion {
  version: string;
  /** Maven group of the distribution; artifact `elasticsearch`, type zip. */
  mavenGroup: string;
  java: JavaRange;
  config(node: NodeSettings): string;
  command(node: NodeSettings, home: string, javaHome: string): NodeCommand;
}

/** The versions that were actually started; others may need a different command line. */
const GROUPS: Record<string, string> = {
  "2.4.6": FULL_ZIP,
  "5.5.2": FULL_ZIP,
  "5.5.3": FULL_ZIP,
  "5.6.16": INTEGRATION_TEST_ZIP,
  "6.7.0": INTEGRATION_TEST_ZIP,
  "6.8.23": INTEGRATION_TEST_ZIP,
  "7.7.1": INTEGRATION_TEST_ZIP,
  "7.10.2": INTEGRATION_TEST_ZIP,
  "7.16.3": INTEGRATION_TEST_ZIP,
  "7.17.9": INTEGRATION_TEST_ZIP,
  "8.5.3": INTEGRATION_TEST_ZIP,
  "8.13.4": INTEGRATION_TEST_ZIP,
  "8.15.3": INTEGRATION_TEST_ZIP,
  "8.17.0": INTEGRATION_TEST_ZIP,
  "9.2.0": INTEGRATION_TEST_ZIP,
};

export const RUNNABLE_VERSIONS: readonly string[] = Object.keys(GROUPS);

/** How to run one version. Errors: `invalid` for an untested version. */
export function elasticsearchVersion(version: string): ElasticsearchVersion {
  const mavenGroup = GROUPS[version];
  if (mavenGroup === undefined)
    throw new AppError("invalid", `Elasticsearch ${version} cannot be run locally: use one of ${RUNNABLE_VERSIONS.join(", ")}`);
  const major = Number.parseInt(version, 10);
  return {
    version,
    mavenGroup,
    java: major >= 9 ? JAVA_25 : JAVA_17,
    config: (node) => configOf(major, node),
    command: (node, home, javaHome) =>
      major >= 8 ? scriptCommand(node, home, javaHome) : javaCommand({ version, major }, node, { home, javaHome }),
  };
}

function configOf(major: number, node: NodeSettings): string {
  const { runDirectory } = node;
  const lines = [
    `cluster.name: ${JSON.stringify(node.name)}`,
    // Without a name 7.x uses $HOSTNAME and fails if it is unset.
    `node.name: ${JSON.stringify(`${node.name}-1`)}`,
    "network.host: 127.0.0.1",
    `http.port: ${node.httpPort}`,
    // A list, because a text would be split at its commas.
    `path.data: ${JSON.stringify([join(runDirectory, "data")])}`,
    `path.logs: ${JSON.stringify(join(runDirectory, "logs"))}`,
    `path.repo: ${JSON.stringify(node.repoDirectories)}`,
    // A developer's nearly full disk must not leave shards unassigned.
    "cluster.routing.allocation.disk.threshold_enabled: false",
    major >= 7 ? `transport.port: ${node.transportPort}` : `transport.tcp.port: ${node.transportPort}`,
    // Only the node itself: by default it would contact neighbouring ports on the same machine.
    major >= 7 ? "discovery.type: single-node" : `discovery.zen.ping.unicast.hosts: ["127.0.0.1:${node.transportPort}"]`,
  ];
  const prefix = major >= 5 ? "node.attr" : "node";
  for (const [name, value] of Object.entries(node.attributes ?? {})) lines.push(`${prefix}.${name}: ${JSON.stringify(value)}`);
  if (major >= 8) lines.push("xpack.security.enabled: false", "action.destructive_requires_name: false");
  return `${lines.join("\n")}\n`;
}

/** 8.x and later need their launcher, which determines module paths and flags. */
function scriptCommand(node: NodeSettings, home: string, javaHome: string): NodeCommand {
  const environment = {
    ES_JAVA_HOME: javaHome,
    ES_PATH_CONF: join(node.runDirectory, "config"),
    ES_TMPDIR: temporaryOf(node),
    ES_JAVA_OPTS: heapArguments(node).join(" "),
  };
  return { command: "bash", args: [join(home, "bin", "elasticsearch")], env: { ...commonEnvironment(node), ...environment } };
}

function javaCommand(
  { version, major }: { version: string; major: number },
  node: NodeSettings,
  { home, javaHome }: { home: string; javaHome: string },
): NodeCommand {
  const config = join(node.runDirectory, "config");
  const main = "org.elasticsearch.bootstrap.Elasticsearch";
  const libraries = join(home, "lib", "*");
  const first = [...heapArguments(node), ...commonArguments(temporaryOf(node)), `-Des.path.home=${home}`];
  const environment = { ...commonEnvironment(node), JAVA_HOME: javaHome, ES_TMPDIR: temporaryOf(node), LIBFFI_TMPDIR: temporaryOf(node) };
  const command = join(javaHome, "bin", "java");
  if (major === 2) {
    // 2.x must load its own jar's classes first, because several libraries contain older copies.
    const classPath = `${join(home, "lib", `elasticsearch-${version}.jar`)}:${libraries}`;
    return { command, args: [...first, `-Des.path.conf=${config}`, "-cp", classPath, main, "start"], env: environment };
  }
  if (major === 5) return { command, args: [...first, "-cp", libraries, main, `-Epath.conf=${config}`], env: environment };
  const flavour = ["-Des.distribution.flavor=oss", "-Des.distribution.type=zip", "-Des.bundled_jdk=false"];
  return { command, args: [...first, `-Des.path.conf=${config}`, ...flavour, "-cp", libraries, main], env: environment };
}

function heapArguments({ heapMb }: NodeSettings): string[] {
  return [`-Xms${Math.min(256, heapMb)}m`, `-Xmx${heapMb}m`];
}

function commonArguments(temporary: string): string[] {
  const packages = ["java.lang", "java.nio", "sun.nio.ch", "java.io", "java.util", "java.net"];
  return [
    "-Djava.security.manager=allow",
    `-Djava.io.tmpdir=${temporary}`,
    `-Djna.tmpdir=${temporary}`,
    "-Dlog4j2.formatMsgNoLookups=true",
    "-Dlog4j2.disable.jmx=true",
    "-Djna.nosys=true",
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dio.netty.allocator.numDirectArenas=0",
    "-Djava.locale.providers=SPI,COMPAT",
    ...packages.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
  ];
}

function commonEnvironment(node: NodeSettings): Record<string, string> {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: node.runDirectory };
}

function temporaryOf(node: NodeSettings): string {
  return join(node.runDirectory, "tmp");
}
