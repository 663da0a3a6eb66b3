import { configured } from "../../jobs/world.ts";
import type { Config, RepositoryConfig } from "../../model/config.ts";
import { AppError } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { domainArn, type Policies, type PolicyInput, policiesFor, UNKNOWN_ACCOUNT, UNKNOWN_DOMAIN } from "../../plan/amazon/policies.ts";

export interface PoliciesShown extends Policies {
  repository: string;
  cluster: string;
  domain: string;
  /** The role's ARN; null where others register the repository. */
  roleArn: string | null;
  notes: Reason[];
}

/**
 * The documents of IAM that a source in Amazon's managed service needs. They come from ossnap.yaml alone: whoever asks for them may have no access
 * yet, and no state.
 * @param name of a repository.
 */
export function showPolicies(config: Config, name: string, { kmsKey }: { kmsKey?: string | undefined } = {}): PoliciesShown {
  const repository = configured(config, "repositories", name);
  const { cluster } = repository;
  const input = inputOf(config, name, repository);
  const policies = policiesFor({ ...input, kmsKey });
  const domain = domainArn(input);
  return { repository: name, cluster, domain, roleArn: input.roleArn ?? null, ...policies, notes: notesOf(policies, domain, kmsKey) };
}

function inputOf(config: Config, name: string, { cluster, register, blobs }: RepositoryConfig): PolicyInput {
  const { url, aws } = configured(config, "clusters", cluster);
  if (aws === undefined)
    throw new AppError(
      "invalid",
      `repositories.${name}: its cluster ${cluster} is no domain of Amazon's managed service; add clusters.${cluster}.aws`,
      {
        reason: reason("policies.noDomain", { repository: name, cluster }),
      },
    );
  // The bucket of the blobs is the registered one: ossnap.yaml's own check compares them.
  const place = blobs ?? { bucket: String(register?.settings.bucket), basePath: String(register?.settings.base_path ?? "") };
  const role = register?.settings.role_arn;
  return {
    region: aws.region,
    host: new URL(url).hostname,
    bucket: place.bucket,
    basePath: place.basePath,
    readonly: String(register?.settings.readonly) === "true",
    ...(role === undefined ? {} : { roleArn: String(role) }),
  };
}

function notesOf({ trust, caller }: Policies, domain: string, kmsKey: string | undefined): Reason[] {
  const unknown = [UNKNOWN_ACCOUNT, UNKNOWN_DOMAIN].filter((word) => JSON.stringify(caller).includes(word));
  return [
    ...(unknown.length === 0 ? [] : [reason("policies.fillIn", { words: unknown, domain })]),
    ...(trust === undefined ? [] : [reason("policies.oldSoftware", {}), reason("policies.fineGrained", {})]),
    ...(kmsKey === undefined ? [reason("policies.kms", {})] : []),
  ];
}
