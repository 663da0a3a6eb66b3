import { percentEncoded } from "../../shared/model/plainText.ts";
import type { Reason } from "../../shared/model/reason.ts";
import type { RootCatalogue } from "../../shared/model/repository.ts";
import type { Links } from "../../shared/proof/links.ts";
import { isByCommand, type Proposal } from "../../shared/proof/proposal.ts";
import { namesakeReason, type Unlisted, unlistedReason } from "../../shared/proof/rootFaults.ts";
import { say } from "../../shared/words/say.ts";
import { type Look, marked, type Tone } from "./screen/look.ts";

/** What is wrong with a root although every blob is there; `namesakes` are uuids by the name that they share. */
export interface RootTrouble {
  root: RootCatalogue["key"];
  unlisted: Unlisted | undefined;
  namesakes: ReadonlyMap<string, readonly string[]>;
}

/** One line for each fault of the root. */
export function rootLines({ root, unlisted, namesakes }: RootTrouble, look: Look): string[] {
  return [
    ...(unlisted ? [marked(look, "bad", say(unlistedReason(root, unlisted)))] : []),
    ...[...namesakes].map(([name, uuids]) => marked(look, "attention", say(namesakeReason(root, name, uuids)))),
  ];
}

/** One line about what was left out because it is a link; none if that is only the root, of which another line tells. */
export function linkLines(links: (Links & { reason: Reason }) | undefined, hidden: Reason | undefined, tone: Tone, look: Look): string[] {
  return links && (links.count > 1 || links.first !== hidden?.params.key) ? [marked(look, tone, say(links.reason))] : [];
}

/** What to delete so that the rest works: one request a line, unless the reason names the command that does it and guards more. */
export function proposalLines(proposal: Proposal | undefined, registered = "REPOSITORY"): string[] {
  if (!proposal) return [];
  const isFirst = ({ code }: Reason) =>
    code === "proposal.rootLost" || code === "proposal.restoreFirst" || code.startsWith("proposal.deleteRest");
  const lines = (notes: readonly Reason[]) => notes.map((note) => `    ${say(note)}`);
  return [
    say(proposal.reason),
    ...lines(proposal.notes.filter(isFirst)),
    ...(isByCommand(proposal) ? [] : proposal.delete).map(
      ({ name }) => `    DELETE _snapshot/${percentEncoded(registered)}/${percentEncoded(name)}`,
    ),
    ...lines(proposal.notes.filter((note) => !isFirst(note))),
  ];
}
