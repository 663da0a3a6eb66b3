/**
 * Repositories in which Amazon's managed service keeps its hourly snapshots, of domains without and with encryption at rest. They lie in a bucket
 * of Amazon's that only the domain itself reads.
 * https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-snapshots.html
 */
const AUTOMATIC: readonly string[] = ["cs-automated", "cs-automated-enc"];

export function isAmazonAutomatic(repository: string): boolean {
  return AUTOMATIC.includes(repository);
}

/** A domain refuses such a name for a registration. */
export function isAmazonReserved(repository: string): boolean {
  return repository.startsWith("cs-");
}

/** What such a repository is, in messages. */
export const AMAZON_AUTOMATIC =
  "Amazon's own repository of automatic snapshots, which only its domain can read: it can be neither copied nor proven";
