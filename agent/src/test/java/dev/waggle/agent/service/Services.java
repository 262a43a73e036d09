package dev.waggle.agent.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Repository;
import dev.waggle.agent.push.Tag;
import java.time.Instant;
import java.util.List;

/// Services as an engine describes them, for decisions to be made about.
public final class Services {

  public static final Digest OLD = new Digest("sha256:" + "1".repeat(64));
  public static final Digest NEW = new Digest("sha256:" + "2".repeat(64));
  public static final Repository PLAYLISTLOG = Repository.onDockerHub("vorce/playlistlog");
  public static final ResolvedImage TARGET =
      new ResolvedImage(
          new ImageReference(PLAYLISTLOG, new Tag("2"), NEW),
          List.of(new ResolvedImage.Platform("amd64", "linux")));

  public static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
  public static final Push PUSH =
      new Push(
          "JKJaXmPLvHcESHA=",
          PLAYLISTLOG,
          new Tag("2"),
          NEW,
          NOON.minusSeconds(5),
          Evidence.UNKNOWN,
          NOON.minusSeconds(4));

  private Services() {}

  /// A service of two replicas, as `docker service create` makes it, running version 1 and wanting
  /// every tag.
  public static ServiceState playlistlog() {
    return service(
        """
        {
          "ID": "w1ajj55nf1d22gpsw7z2uca3i",
          "Version": {"Index": 13},
          "Spec": {
            "Name": "playlistlog",
            "Labels": {"waggle.tags": "*"},
            "TaskTemplate": {
              "ContainerSpec": {"Image": "vorce/playlistlog:1@%s", "Init": false},
              "Placement": {"Constraints": ["node.role==worker"], "Platforms": [{"Architecture": "arm64"}]},
              "ForceUpdate": 0
            },
            "Mode": {"Replicated": {"Replicas": 2}},
            "UpdateConfig": {"Parallelism": 3, "FailureAction": "pause", "Monitor": 7000000000,
                             "MaxFailureRatio": 0.10, "Order": "stop-first"},
            "FieldOfTheFuture": {"Kept": 12345678901234567890}
          }
        }\
        """
            .formatted(OLD));
  }

  public static ServiceState service(String json) {
    try {
      return new ServiceState(new JsonMapper().readValue(json, ObjectNode.class));
    } catch (JsonProcessingException wrong) {
      throw new IllegalArgumentException(wrong);
    }
  }

  /// As `playlistlog`, with a name that is its id too.
  public static ServiceState named(String name) {
    return with(with(playlistlog(), "", "ID", name), "/Spec", "Name", name);
  }

  public static ServiceState with(
      ServiceState service, String pointer, String field, String value) {
    ObjectNode tree = service.tree().deepCopy();
    tree.withObject(pointer).put(field, value);
    return new ServiceState(tree);
  }

  public static ServiceState without(ServiceState service, String pointer, String field) {
    ObjectNode tree = service.tree().deepCopy();
    tree.withObject(pointer).remove(field);
    return new ServiceState(tree);
  }

  /// The service with a label more.
  public static ServiceState labelled(ServiceState service, String label, String value) {
    return with(service, "/Spec/Labels", label, value);
  }

  public static ServiceState running(ServiceState service, ImageReference image) {
    return with(service, "/Spec/TaskTemplate/ContainerSpec", "Image", image.toString());
  }

  public static ServiceState updating(ServiceState service, String state) {
    ServiceState updating = with(service, "/UpdateStatus", "State", state);
    return state.equals("completed")
        ? with(updating, "/PreviousSpec", "Name", service.name())
        : updating;
  }
}
