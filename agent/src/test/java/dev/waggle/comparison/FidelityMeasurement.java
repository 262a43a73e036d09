package dev.waggle.comparison;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.api.model.Service;
import com.github.dockerjava.api.model.ServiceSpec;
import dev.waggle.chain.TortureService;
import dev.waggle.comparison.Results.Fidelity;
import dev.waggle.testhost.Fields;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/// What an update does to the fields of a service that sets them all.
final class FidelityMeasurement {

  static final String SERVICE = "torture";

  private static final String TAG = "faithful";
  private static final Duration LONGEST = Duration.ofMinutes(1);

  /// What is meant to change: the image and where it runs, and how it is to be rolled.
  private static final List<String> INTENDED =
      List.of(
          "/TaskTemplate/ContainerSpec/Image",
          "/TaskTemplate/Placement/Platforms",
          "/UpdateConfig/Order",
          "/UpdateConfig/FailureAction");

  private final Scene scene;

  FidelityMeasurement(Scene scene) {
    this.scene = scene;
  }

  /// Measures the tools, and a program that goes through docker-java's typed model.
  List<Fidelity> measure(List<Contender> contenders) throws InterruptedException {
    PlaylistlogImages images = scene.images();
    String first =
        PlaylistlogImages.REPOSITORY
            + ":"
            + TAG
            + "@"
            + images.push(PlaylistlogImages.REPOSITORY, TAG, "faithful before", Health.HEALTHY);
    JsonNode service = TortureService.specification(scene.api(), first);
    images.push(PlaylistlogImages.REPOSITORY, TAG, "faithful after", Health.HEALTHY);
    List<Fidelity> fidelities = new ArrayList<>();
    for (Contender contender : contenders) {
      fidelities.add(of(contender, service, first));
    }
    fidelities.add(ofTypedModel(service, first));
    fidelities.forEach(
        fidelity ->
            System.out.println(
                fidelity.tool()
                    + ": "
                    + fidelity.changed().size()
                    + " fields changed "
                    + fidelity.changed()
                    + " "
                    + fidelity.remark()));
    return fidelities;
  }

  private Fidelity of(Contender contender, JsonNode service, String first)
      throws InterruptedException {
    ObjectNode spec = service.deepCopy();
    if (contender.tool() == Tool.POLLING_LOOP) {
      spec.withObject("/Labels").put(PollingLoop.LABEL, "");
    }
    Map<String, JsonNode> before = created(spec);
    try (Contender.Attempt attempt = contender.push(SERVICE, TAG)) {
      String remark =
          attempt
              .await(Instant.now().plus(LONGEST))
              .filter(_ -> !scene.api().image(SERVICE).equals(first))
              .map(_ -> "")
              .orElse("it did not update the service");
      return new Fidelity(contender.tool().title(), changed(before), remark);
    } finally {
      scene.remove(List.of(SERVICE));
    }
  }

  /// As a program would that takes what the model gives it, with other groups of the process left
  /// out, which the model cannot read.
  private Fidelity ofTypedModel(JsonNode service, String first) {
    created(service);
    String remark = "";
    try {
      scene.engine().docker().inspectServiceCmd(SERVICE).exec();
    } catch (RuntimeException unreadable) {
      remark = "cannot even read a service with additional groups, which were left out";
    } finally {
      scene.remove(List.of(SERVICE));
    }
    ObjectNode spec = service.deepCopy();
    spec.withObject("/TaskTemplate/ContainerSpec").remove("Groups");
    Map<String, JsonNode> before = created(spec);
    try {
      Service seen = scene.engine().docker().inspectServiceCmd(SERVICE).exec();
      ServiceSpec typed = Objects.requireNonNull(seen.getSpec());
      Objects.requireNonNull(Objects.requireNonNull(typed.getTaskTemplate()).getContainerSpec())
          .withImage(first.substring(0, first.indexOf('@')));
      scene
          .engine()
          .docker()
          .updateServiceCmd(seen.getId(), typed)
          .withVersion(Objects.requireNonNull(seen.getVersion()).getIndex())
          .exec();
      return new Fidelity("docker-java's model", changed(before), remark);
    } finally {
      scene.remove(List.of(SERVICE));
    }
  }

  private Map<String, JsonNode> created(JsonNode spec) {
    scene.api().post("/services/create", spec);
    return fields();
  }

  private Map<String, JsonNode> fields() {
    JsonNode spec = scene.api().service(SERVICE).path("Spec");
    // The docker command sorts mounts, whose order has no meaning.
    if (spec.at("/TaskTemplate/ContainerSpec/Mounts") instanceof ArrayNode mounts) {
      List<JsonNode> sorted =
          mounts
              .valueStream()
              .sorted(Comparator.comparing(mount -> mount.path("Target").asText()))
              .toList();
      mounts.removeAll().addAll(sorted);
    }
    Map<String, JsonNode> fields = new TreeMap<>(Fields.of(spec));
    fields.keySet().removeIf(field -> INTENDED.stream().anyMatch(field::startsWith));
    return fields;
  }

  private List<String> changed(Map<String, JsonNode> before) {
    Map<String, JsonNode> after = fields();
    TreeSet<String> names = new TreeSet<>(before.keySet());
    names.addAll(after.keySet());
    names.removeIf(name -> Objects.equals(before.get(name), after.get(name)));
    return List.copyOf(names);
  }
}
