import { AppError } from "../../shared/model/errors.ts";
import type { ProofLevel } from "../../shared/model/repository.ts";
import type { Sample } from "../../shared/reader/prove/sampler.ts";
import { readByteSize } from "../../shared/repository/byteSize.ts";

/**
 * `5%` of the data's bytes, or a budget such as `20gb`.
 * @throws AppError `invalid` for anything else, and for a level that reads no contents.
 */
export function parseSample(text: string, level: ProofLevel | undefined): Sample {
  if (level !== undefined && level !== "contents")
    throw new AppError("invalid", `--sample: level ${level} reads no contents; leave --level out or say --level contents`);
  const percent = Number(/^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim())?.[1]);
  if (percent > 0 && percent <= 100) return { share: percent / 100 };
  const size = readByteSize(text);
  if (size !== undefined && size.bytes > 0 && size.hasUnit) return { bytes: size.bytes };
  throw new AppError("invalid", `--sample: "${text}" is neither a share nor a size; write 5% or 20gb`);
}
