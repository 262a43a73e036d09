package dev.waggle.function;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The project's own `template.yaml`, read once.
final class Template {
  static final JsonNode TREE = yaml(text(Path.of("..", "template.yaml")));

  private static final Pattern SUBSTITUTE = Pattern.compile("\\$\\{([A-Za-z0-9:.]+)}");

  private Template() {}

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Returns a piece of a template as the trees here have it.
  static JsonNode yaml(String text) {
    return TemplateReader.read(text);
  }

  /// Returns the properties of each resource of a type, by the resource's name.
  static Map<String, JsonNode> ofType(String type) {
    Map<String, JsonNode> found = new TreeMap<>();
    for (Map.Entry<String, JsonNode> resource : TREE.path("Resources").properties()) {
      if (resource.getValue().path("Type").asText().equals(type)) {
        found.put(resource.getKey(), resource.getValue().path("Properties"));
      }
    }
    return found;
  }

  static JsonNode resource(String name) {
    return TREE.path("Resources").required(name);
  }

  static JsonNode properties(String resource) {
    return resource(resource).required("Properties");
  }

  static JsonNode parameter(String name) {
    return TREE.path("Parameters").required(name);
  }

  /// Returns the variables of the function, of which a value may be any of CloudFormation's.
  static JsonNode variables() {
    return properties("Function").at("/Environment/Variables");
  }

  /// Returns the text that `value` becomes, where each name that is not in `names` stands for
  /// itself.
  static String text(JsonNode value, Map<String, String> names) {
    if (value.has("Ref")) {
      return named(value.path("Ref").textValue(), names);
    }
    if (value.has("Fn::Sub")) {
      return SUBSTITUTE
          .matcher(value.path("Fn::Sub").textValue())
          .replaceAll(name -> named(name.group(1), names));
    }
    if (value.isTextual()) {
      return value.textValue();
    }
    throw new AssertionError("no text: " + value);
  }

  private static String named(String name, Map<String, String> names) {
    return names.getOrDefault(name, name);
  }

  /// Returns the statements of all policies, each by the place where it is.
  static Map<String, JsonNode> statements() {
    Map<String, JsonNode> statements = new TreeMap<>();
    walk(
        TREE,
        "",
        (place, node) -> {
          if (node.has("Effect")) {
            statements.put(place, node);
          }
        });
    return statements;
  }

  /// Returns where a parameter or resource is named.
  static List<String> uses(String name) {
    List<String> uses = new ArrayList<>();
    walk(
        TREE,
        "",
        (place, node) -> {
          boolean named =
              node.path("Ref").asText().equals(name)
                  || node.at("/Fn::GetAtt/0").asText().equals(name)
                  || substitutes(node.path("Fn::Sub").asText())
                      .anyMatch(found -> found.split("\\.", 2)[0].equals(name));
          if (named) {
            uses.add(place);
          }
        });
    return uses;
  }

  private static Stream<String> substitutes(String text) {
    return SUBSTITUTE.matcher(text).results().map((MatchResult found) -> found.group(1));
  }

  private static void walk(JsonNode node, String place, Visitor visitor) {
    visitor.visit(place, node);
    for (Map.Entry<String, JsonNode> child : node.properties()) {
      walk(child.getValue(), place + "/" + child.getKey(), visitor);
    }
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        walk(node.path(i), place + "/" + i, visitor);
      }
    }
  }

  @FunctionalInterface
  private interface Visitor {
    void visit(String place, JsonNode node);
  }
}
