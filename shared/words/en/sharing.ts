/** Sentences about shared repositories of Alibaba Cloud's instances. */
export const SHARING: Readonly<Record<string, string>> = {
  "config.noInstance": "clusters.{cluster}.instanceId is missing in ossnap.yaml",
  "sharing.itself": "{instance} is the cluster's own instance, which has its automatic snapshots already (repository aliyun_auto_snapshot)",
  "sharing.kernel":
    "both are 6.7: Alibaba Cloud requires of its Standard Edition that both have the newest kernel, or {target} a later one than {instance}; compare their kernel versions in the console",
  "sharing.named": "{entry} of ossnap.yaml reads from {repository}, which will not be there any more",
  "sharing.newer":
    "{instance} has version {version} and {target} {targetVersion}: only an instance of the same or an earlier version can be shared; upgrade {target}, or choose another",
  "sharing.notActive": "{instance} is {status}: a change needs an active instance; wait until the console shows it as active",
  "sharing.notOffered": "Alibaba Cloud does not list {instance} among the instances that {target} may use, so it may refuse",
  "sharing.notShared": "the snapshots of {instance} are not shared with {target}; shared are those of {others}",
  "sharing.nothing": "the snapshots of {instance} are not shared with {target}, and neither are those of another instance",
  "sharing.read": "{job} still reads from it ({count|job|jobs}): wait for it, or cancel it: `ossnap jobs cancel {job}`",
  "sharing.sixEight": "a 6.8 snapshot cannot be restored on {targetVersion}, only on 7.2 and later",
  "sharing.sourceNotActive": "{instance} is {status}, so its repository may be unavailable",
  "sharing.tooOld": "{targetVersion} cannot restore what {version} wrote, so the repository would be there without use",
  "sharing.unavailable": "the platform says that the repository is unavailable at present: look at {instance} in the console",
  "sharing.unknown":
    "{instance} is no instance of this account in the region of {target}, and only such can be shared; {target} may use {others}",
  "sharing.unknownAlone":
    "{instance} is no instance of this account in the region of {target}, and only such can be shared; there is no other that {target} may use",
  "sharing.unknownTarget":
    "{target} (clusters.{cluster}.instanceId) is no instance of this account in its region; compare instanceId and region with the console",
};
