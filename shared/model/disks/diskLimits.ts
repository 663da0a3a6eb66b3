import { DISK, inEffect, type PlacementLayers, type PlacementSettings } from "../placement/placement.ts";
import type { DiskLimits, Watermark } from "./clusterDisks.ts";

/** The server's own, which 2.x does not tell, nor any version while another value is set. */
const DEFAULTS: PlacementSettings = {
  [`${DISK}.threshold_enabled`]: "true",
  [`${DISK}.watermark.low`]: "85%",
  [`${DISK}.watermark.high`]: "90%",
};
/** Of the server's own shares, from 8.5 on. */
const BOUNDS: Readonly<Record<string, string>> = { low: "200GB", high: "150GB", flood_stage: "100GB" };

/** What the settings, by flat key, say of disks. */
export function diskLimitsOf(settings: PlacementSettings): DiskLimits {
  const all = { ...DEFAULTS, ...settings };
  const mark = (name: string): Watermark => {
    const maxHeadroom = all[`${DISK}.watermark.${name}.max_headroom`];
    return { value: all[`${DISK}.watermark.${name}`] ?? "", ...(maxHeadroom === undefined ? {} : { maxHeadroom }) };
  };
  const only = all[`${DISK}.watermark.enable_for_single_data_node`];
  return {
    isEnabled: all[`${DISK}.threshold_enabled`] !== "false",
    low: mark("low"),
    high: mark("high"),
    ...(all[`${DISK}.watermark.flood_stage`] === undefined ? {} : { flood: mark("flood_stage") }),
    ...(only === undefined ? {} : { forOnlyNode: only === "true" }),
  };
}

/** What holds once a global state with these settings is restored. Only a share that nobody sets has the server's bound. */
export function diskLimitsAfter(layers: PlacementLayers, state: PlacementSettings): DiskLimits {
  const set = { ...state, ...layers.transient };
  const settings: Record<string, string> = { ...inEffect(layers, state) };
  for (const [name, bound] of Object.entries(BOUNDS)) {
    const share = `${DISK}.watermark.${name}`;
    const key = `${share}.max_headroom`;
    if (set[key] !== undefined || settings[key] === undefined) continue;
    if (set[share] !== undefined) settings[key] = "-1";
    else if (layers.persistent[share] !== undefined) settings[key] = bound;
  }
  return diskLimitsOf(settings);
}
