import { describe } from "vitest";
import { fixtureRepositories } from "../../format/fixtureRepositories.ts";
import { flippedMutations } from "./flippedMutations.ts";

describe.each(fixtureRepositories().map((repository) => [repository.name, repository] as const))("%s", (_, repository) =>
  flippedMutations(repository, { isLong: false }),
);
