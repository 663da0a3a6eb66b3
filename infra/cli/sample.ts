import type { Sample } from "../../shared/reader/prove/sampler.ts";
import { readByteSize } from "../../shared/repository/byteSize.ts";

/** `5%` of the data's bytes, or a budget such as `20gb`; `undefined` for anything else. */
export function parseSample(text: string): Sample | undefined {
  const percent = Number(/^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim())?.[1]);
  if (percent > 0 && percent <= 100) return { share: percent / 100 };
  const size = readByteSize(text);
  return size !== undefined && size.bytes > 0 && size.hasUnit ? { bytes: size.bytes } : undefined;
}
