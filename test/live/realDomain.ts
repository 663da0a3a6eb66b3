import { basename, dirname } from "node:path";
import { type Domain, startDomain } from "../../infra/local/aws/startDomain.ts";
import { elasticsearchCluster } from "../../shared/adapters/elasticsearch/cluster.ts";
import type { RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import { openReal, type RealCluster } from "./realCluster.ts";

export const REGION = "eu-west-1";
export const ROLE = "arn:aws:iam::123456789012:role/SnapshotRole";
/** A session of a role, whose requests need the token. */
export const SESSION = { accessKeyId: "ASIALOCALSESSION", secretAccessKey: "local/secret+key", sessionToken: "local/session+token==" };
const CALLER = { ...SESSION, arn: "arn:aws:sts::123456789012:assumed-role/Mover/ossnap", actions: ["es:ESHttp*"], passes: [ROLE] };

/** A real cluster that is reached only through the stand-in for Amazon's managed service; see `infra/local/aws`. */
export interface RealDomain extends RealCluster {
  domain: Domain;
  /** Its directories are the buckets. */
  bucketRoot: string;
}

/** Repositories of the server's directory are those of a bucket of that name. */
export async function openDomain(version: string): Promise<RealDomain> {
  const server = await openReal(version, { name: "domain" });
  const location = (place: RegisteredRepositoryInput) => String(place.settings.location);
  const repositories = dirname(location(server.newRepository("root")));
  const [bucketRoot, bucket] = [dirname(repositories), basename(repositories)];
  const domain = await startDomain({ target: server.url, version, region: REGION, callers: [CALLER], bucketRoot, port: 0 });
  const onS3 = ({ name, settings: { location: directory, ...settings } }: RegisteredRepositoryInput): RegisteredRepositoryInput => ({
    name,
    type: "s3",
    settings: { bucket, base_path: basename(String(directory)), region: REGION, role_arn: ROLE, ...settings },
  });
  const onDisk = ({ name, settings }: RegisteredRepositoryInput): RegisteredRepositoryInput => ({
    name,
    type: "fs",
    settings: { location: `${repositories}/${settings.base_path}` },
  });
  return {
    ...server,
    domain,
    bucketRoot,
    cluster: elasticsearchCluster({ name: "domain", url: domain.url, aws: { region: REGION, keys: async () => SESSION } }),
    newRepository: (name, settings) => onS3(server.newRepository(name, settings)),
    refusedRepository: (name) => ({
      ...onS3(server.refusedRepository(name)),
      settings: { bucket: "../../nowhere", region: REGION, role_arn: ROLE },
    }),
    givenRepository: async (name, fixture) => onS3(await server.givenRepository(name, fixture)),
    subsetRepository: async (name, of, names) => onS3(await server.subsetRepository(name, onDisk(of), names)),
    spoil: (repository, damage) => server.spoil(onDisk(repository), damage),
    async close() {
      await domain.close();
      await server.close();
    },
  };
}
