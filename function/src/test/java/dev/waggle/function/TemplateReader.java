package dev.waggle.function;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.StringReader;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/// Reads a template of CloudFormation, or a piece of one, into a tree in which every function has
/// its long form: `!Ref Queue` becomes `{"Ref": "Queue"}`, which is not the text `Queue`.
final class TemplateReader {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private TemplateReader() {}

  static JsonNode read(String text) {
    return tree(new Yaml(new LoaderOptions()).compose(new StringReader(text)));
  }

  private static JsonNode tree(Node node) {
    JsonNode value =
        switch (node) {
          case ScalarNode scalar -> scalar(scalar);
          case SequenceNode sequence -> {
            ArrayNode array = JSON.arrayNode();
            sequence.getValue().forEach(item -> array.add(tree(item)));
            yield array;
          }
          case MappingNode mapping -> {
            ObjectNode object = JSON.objectNode();
            for (NodeTuple entry : mapping.getValue()) {
              String name = ((ScalarNode) entry.getKeyNode()).getValue();
              if (object.putIfAbsent(name, tree(entry.getValueNode())) != null) {
                throw new AssertionError(name + " is there twice");
              }
            }
            yield object;
          }
          default -> throw new AssertionError("unknown kind of node: " + node);
        };
    String tag = node.getTag().getValue();
    return tag.startsWith("!") ? function(tag.substring(1), value) : value;
  }

  private static JsonNode scalar(ScalarNode scalar) {
    String text = scalar.getValue();
    if (scalar.getTag().equals(Tag.INT)) {
      return JSON.numberNode(Long.parseLong(text));
    }
    return scalar.getTag().equals(Tag.BOOL)
        ? JSON.booleanNode(Boolean.parseBoolean(text))
        : JSON.textNode(text);
  }

  private static JsonNode function(String name, JsonNode argument) {
    return switch (name) {
      case "Ref", "Condition" -> JSON.objectNode().set(name, argument);
      case "GetAtt" -> {
        ArrayNode resourceAndAttribute = JSON.arrayNode();
        for (String part : argument.asText().split("\\.", 2)) {
          resourceAndAttribute.add(part);
        }
        yield JSON.objectNode().set("Fn::GetAtt", resourceAndAttribute);
      }
      default -> JSON.objectNode().set("Fn::" + name, argument);
    };
  }
}
