import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installFromPyPi } from "../local/servers/pypi.ts";

/** The last version that speaks to 5.x; a client from 7.14 on rejects servers that do not send the product header. */
const VERSION = "5.8.4";
const DEPENDENCIES = [
  "elasticsearch==7.13.4",
  "urllib3==1.26.18",
  "click<8",
  "pyyaml>=6",
  "voluptuous==0.12.1",
  "certifi",
  "six",
  "requests",
  "boto3",
  "requests-aws4auth",
];

/** Returns the Python of a virtual environment with Curator; installs it from PyPI if it is missing. */
export async function installCurator(onNote: (text: string) => void): Promise<string> {
  // Its own pins do not build on Python 3.11.
  const bin = await installFromPyPi({ name: "Curator", version: VERSION, onNote }, DEPENDENCIES, [
    "--no-deps",
    `elasticsearch-curator==${VERSION}`,
  ]);
  return join(bin, "python3");
}

/** Writes the two files of a run that keeps the newest snapshots of a repository, and returns its arguments. */
export async function curatorRun(
  directory: string,
  { port, repository, keep }: { port: number; repository: string; keep: number },
): Promise<string[]> {
  const client = join(directory, "curator.yml");
  const action = join(directory, "action.yml");
  await writeFile(client, `client:\n  hosts: [127.0.0.1]\n  port: ${port}\n  timeout: 30\nlogging:\n  loglevel: WARNING\n`);
  await writeFile(
    action,
    `actions:
  1:
    action: delete_snapshots
    description: keep the newest ${keep}
    options: { repository: ${repository}, ignore_empty_list: true }
    filters:
      - { filtertype: count, count: ${keep}, use_age: true, source: creation_date }
`,
  );
  return ["-c", "from curator.cli import cli; cli()", "--config", client, action];
}
