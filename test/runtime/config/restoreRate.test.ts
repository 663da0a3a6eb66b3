import { describe, expect, it } from "vitest";
import { printConfigFault } from "../../../shared/runtime/config/configError.ts";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { EXAMPLE_ENVIRONMENT, exampleWith } from "./example.ts";

const RATE = ["watches", "moved-movies", "restore", "maxBytesPerSec"];
const faults = (path: (string | number)[], value: unknown) =>
  checkConfig(exampleWith(path, value), EXAMPLE_ENVIRONMENT).faults.map(printConfigFault);

describe("a watch's rate of restores", () => {
  it("is that of its registration", () => {
    const { config } = checkConfig(exampleWith(RATE, "80mb"), EXAMPLE_ENVIRONMENT);
    expect(config?.watches["moved-movies"]?.register.settings).toMatchObject({ max_restore_bytes_per_sec: "80mb", readonly: true });
    expect(config?.watches["moved-movies"]?.restore).not.toHaveProperty("maxBytesPerSec");
  });

  it.each(["80", "0", "-1", "1.5mb", "fast", 80])("is refused as %j", (rate) => {
    expect(faults(RATE, rate).join()).toContain("write whole bytes a second with a unit, such as 80mb");
  });

  it("is written once", () => {
    const tree = JSON.parse(exampleWith(RATE, "80mb"));
    tree.watches["moved-movies"].register.settings.max_restore_bytes_per_sec = "20mb";
    expect(checkConfig(JSON.stringify(tree), EXAMPLE_ENVIRONMENT).faults.map(printConfigFault).join()).toMatch(
      /^watches\.moved-movies\.restore\.maxBytesPerSec.*beside max_restore_bytes_per_sec of the registration.*leave one of them out$/,
    );
  });
});
