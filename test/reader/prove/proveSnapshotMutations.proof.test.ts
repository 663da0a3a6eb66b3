import { describe } from "vitest";
import { fixtureRepositories } from "../../format/fixtureRepositories.ts";
import { flippedMutations } from "./flippedMutations.ts";
import { listedMutations } from "./listedMutations.ts";

describe.each(fixtureRepositories().map((repository) => [repository.name, repository] as const))("%s, every blob", (_, repository) => {
  listedMutations(repository, { isLong: true });
  flippedMutations(repository, { isLong: true });
});
