/** About a source in Amazon's managed service. */
export const AMAZON: Readonly<Record<string, string>> = {
  "policies.fillIn": "replace {words}: neither the cluster's address nor a role's ARN names it",
  "policies.fineGrained":
    "a domain with fine-grained access control also maps the ARN of the caller to its own role manage_snapshots, in its dashboards",
  "policies.kms": "a bucket that is encrypted with a key of KMS needs rights on that key too: --kms-key ARN (HTTP: kmsKey)",
  "policies.noDomain": "the cluster {cluster} of {repository} is no domain of Amazon's managed service",
  "policies.oldSoftware": "leave out the Condition of the trust policy for a domain whose service software is older than R20211203",
  "repository.amazonAutomatic":
    "Amazon's own repository of automatic snapshots, which only its domain can read: it can be neither copied nor proven",
};
