package dev.waggle.testhost;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/// The leaves of a tree by their pointers, so that a difference is told by its name.
public final class Fields {

  private Fields() {}

  /// Collects them, sorted.
  public static Map<String, JsonNode> of(JsonNode tree) {
    Map<String, JsonNode> fields = new TreeMap<>();
    collect("", tree, fields);
    return fields;
  }

  private static void collect(String pointer, JsonNode node, Map<String, JsonNode> fields) {
    if (node.isObject() && !node.isEmpty()) {
      node.properties()
          .forEach(field -> collect(pointer + "/" + field.getKey(), field.getValue(), fields));
    } else if (node.isArray() && !node.isEmpty()) {
      for (int i = 0; i < node.size(); i++) {
        collect(pointer + "/" + i, node.get(i), fields);
      }
    } else {
      fields.put(pointer, node);
    }
  }
}
