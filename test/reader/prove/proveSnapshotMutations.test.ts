import { describe } from "vitest";
import { fixtureRepositories } from "../../format/fixtureRepositories.ts";
import { listedMutations } from "./listedMutations.ts";

describe.each(fixtureRepositories().map((repository) => [repository.name, repository] as const))("%s", (_, repository) =>
  listedMutations(repository, { isLong: false }),
);
