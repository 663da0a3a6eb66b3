import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../../shared/model/errors.ts";
import { fillOnce, openForReading, openPlaces } from "../host/places.ts";
import type { ElasticsearchVersion } from "./elasticsearchVersions.ts";
import { runProgram } from "./runProgram.ts";

/**
 * The directory of an unzipped Elasticsearch, fetched through Maven once and shared by all runs.
 * Errors: `transient` with Maven's output when Maven cannot fetch it.
 */
export async function openDistribution({ version, mavenGroup }: ElasticsearchVersion, onNote: (text: string) => void): Promise<string> {
  const { distributions } = await openPlaces();
  const home = join(distributions, version);
  await fillOnce(home, async (temporary) => {
    onNote(`fetching Elasticsearch ${version} through Maven (30 to 100 MB, once)`);
    // `dependency:copy` works without the location of Maven's local repository; `dependency:get` would not.
    const maven = [
      "-q",
      "-B",
      "dependency:copy",
      `-Dartifact=${mavenGroup}:elasticsearch:${version}:zip`,
      `-DoutputDirectory=${temporary}`,
    ];
    await runProgram(`Elasticsearch ${version} from Maven`, "mvn", maven, { cwd: temporary });
    onNote(`unzipping Elasticsearch ${version}`);
    const zip = await onlyEntry(temporary, ".zip");
    await runProgram(`Elasticsearch ${version}`, "python3", ["-m", "zipfile", "-e", zip, join(temporary, "unzipped")]);
    await rm(zip);
    await liftContents(await onlyEntry(join(temporary, "unzipped"), ""), temporary);
    await rm(join(temporary, "unzipped"), { recursive: true });
    // The slim zips lack this directory, and 2.x would try to create it.
    await mkdir(join(temporary, "plugins"), { recursive: true });
    await openForReading(temporary);
    await makeRunnable(join(temporary, "bin"));
  });
  return home;
}

async function onlyEntry(directory: string, ending: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(ending));
  const [name] = names;
  if (name === undefined || names.length > 1)
    throw new AppError("permanent", `${directory}: one entry was expected, found ${names.length}: ${names.join(", ")}`);
  return join(directory, name);
}

async function liftContents(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) await rename(join(from, name), join(to, name));
}

/** Python's unzip drops the mode bits. */
async function makeRunnable(directory: string): Promise<void> {
  for (const name of await readdir(directory)) await chmod(join(directory, name), 0o755);
}
