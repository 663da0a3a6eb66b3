import type { Config } from "../../shared/model/config.ts";

/** Names the repository of the policy as the local host's ossnap.yaml does, and so as the guides do. */
export function localNames({ repositories, backups: { nightly } }: Config): void {
  const { backups } = repositories;
  if (!backups || !nightly) throw new Error("this configuration has no policy with a repository");
  delete repositories.backups;
  repositories["movies-aws"] = backups;
  nightly.repository = "movies-aws";
}
