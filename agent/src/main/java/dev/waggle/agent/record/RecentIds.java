package dev.waggle.agent.record;

import java.io.Serial;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// Ids that were seen of late; what is repeated is one of the last.
public final class RecentIds {

  /// About 100 KB.
  private static final int MAX_IDS = 1000;

  private RecentIds() {}

  /// A set that forgets the oldest of more than a thousand.
  public static Set<String> create() {
    return Collections.newSetFromMap(
        new LinkedHashMap<>() {

          @Serial private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MAX_IDS;
          }
        });
  }
}
