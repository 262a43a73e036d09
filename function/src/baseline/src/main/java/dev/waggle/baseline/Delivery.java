package dev.waggle.baseline;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;

/// What Docker Hub posts, as far as it is looked at.
///
/// @param pushData about the push
/// @param repository it went to
@JsonIgnoreProperties(ignoreUnknown = true)
record Delivery(@JsonProperty("push_data") PushData pushData, Repository repository) {

  /// About the push.
  ///
  /// @param tag that was pushed
  /// @param pushedAt in seconds since 1970
  @JsonIgnoreProperties(ignoreUnknown = true)
  record PushData(String tag, @JsonProperty("pushed_at") long pushedAt) {}

  /// Where a push went to.
  ///
  /// @param name with its namespace
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Repository(@JsonProperty("repo_name") String name) {}
}
