/** Sentences about what a restore brings beside indices: the global state, states of features, data streams. */
export const STATES: Readonly<Record<string, string>> = {
  "state.carrierStarted": "the request is carried out: {index} is being restored",
  "state.carrierVanished": "{index} was deleted by others after the request had been carried out, which is not sent again",
  "state.deletesIndex": "{index} is deleted, as an index of the feature {feature}, and the snapshot has none of this name",
  "state.done": "{snapshot} restored on {cluster}: {brought}{seconds:took}",
  "state.dropCarrier": "deleting {index}, which only carried the request",
  "state.featureSince":
    "{index} was not there when the restore was planned, and would be deleted, as part of the feature {feature}: nothing was sent. Ask for the restore again, which then says what it deletes",
  "state.featuresAbsent": "snapshot {snapshot} has no state of {features}; it has {held}",
  "state.global":
    "all persistent settings of {cluster} are replaced by the {settings|setting|settings} of the snapshot. Its {templates|template|templates} and {pipelines|ingest pipeline|ingest pipelines} come{names:within}, and the cluster's own are removed, from 8.0 on all of them, before of each kind of which the snapshot has any: composable templates, component templates, pipelines, scripts, policies; legacy templates remain",
  "state.noCarrier":
    "snapshot {snapshot} holds no index that {cluster} can restore. The request restores one under a name of its own, because a cluster shows nothing else of a restored state",
  "state.noFeatures": "states of features need Elasticsearch 7.12 or later, and {cluster} is {version}",
  "state.noGlobal":
    "snapshot {snapshot} has no global state. Of such a snapshot Elasticsearch 7 and earlier remove all persistent settings of {cluster}, and report success",
  "state.noStreams": "data streams need Elasticsearch 7.9 or later, and {cluster} is {version}",
  "state.perhapsReplaced":
    "{because:reason}; whether {brought} had been replaced before is not known: the request had no answer, and {index}, which would show it, is not there. Compare the cluster with the snapshot before you restore again",
  "state.replaced": "{because:reason}; what had been done before remains: {brought}",
  "state.stream":
    "data stream {stream} is restored as {as}. Before it can roll over, it needs an index template with data_stream that matches {as}. A retention that it has (data stream lifecycle) comes with it, and deletes its old indices there",
  "state.streamStart": "restoring data stream {stream} as {as}, {indices|backing index|backing indices}",
  "state.streamStarted": "data stream {as} is being restored",
  "state.streamStays":
    "data stream {as} remains, because others wrote to it ({index}): delete it by hand if it is not needed (DELETE /_data_stream/{as})",
  "state.streamTakeBack": "deleting data stream {as}, which this restore made",
  "state.streamThere": "{as} is there already ({index}), so data stream {stream} cannot be restored under this name",
  "state.streamTookBack": "data stream {as} is deleted",
  "state.streamUnsure":
    "data stream {as} remains, because it cannot be known whether others wrote to it ({index}): delete it by hand if it is not needed (DELETE /_data_stream/{as})",
  "state.streamsAbsent": "snapshot {snapshot} has no data stream {streams}; it has {held}",
  "state.replacesIndex": "{index} is deleted, and the one in the snapshot takes its place, as part of the feature {feature}",
  "state.unknown":
    "whether {brought} was replaced is not known: the request had no answer, and {index}, which would show it, is not there. It is not sent again, because what was changed since would be lost. Compare the cluster with the snapshot, and restore again if it was not replaced",
  "state.unreadable":
    "the blob of snapshot {snapshot} that holds the cluster's state and the names of its data streams is missing or damaged",
  "state.unread": "the bucket of {repository} can be read by its cluster alone, so what the snapshot holds beside indices is not known",
};
