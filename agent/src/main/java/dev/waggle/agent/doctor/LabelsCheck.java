package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Finds the labels of a service that are meant for Waggle, and that it does not heed.
final class LabelsCheck {

  private LabelsCheck() {}

  static List<Finding> of(ServiceState service) {
    boolean opted = service.labels().containsKey(ServiceLabels.TAGS);
    Check check = opted ? Check.LABELS : Check.SERVICES;
    Optional<Finding> stray =
        ServiceLabels.strays(service.labels())
            .map(
                problem ->
                    Finding.problem(
                        check,
                        service.name() + (opted ? ": " : " is not opted in: ") + problem,
                        "put the label right, or remove it with --label-rm"));
    Stream<Finding> misplaced =
        ServiceLabels.misplaced(service.labels(), service.containerLabels()).entrySet().stream()
            .map(label -> misplaced(check, service.name(), label));
    return Stream.concat(stray.stream(), misplaced).toList();
  }

  private static Finding misplaced(Check check, String service, Map.Entry<String, String> label) {
    return Finding.problem(
        check,
        service + " has " + label.getKey() + " on its containers, where Waggle does not look",
        ServiceLabels.meant(label.getKey())
            .map(
                meant ->
                    "in a compose file put "
                        + meant
                        + " under deploy.labels, not labels; or docker service update --label-add "
                        + quoted(meant + "=" + label.getValue())
                        + " "
                        + service)
            .orElse(
                "in a compose file put it under deploy.labels, not labels, and spell it as one of "
                    + String.join(", ", ServiceLabels.SETTINGS)));
  }

  /// For a shell: a star would stand for files.
  private static String quoted(String word) {
    return word.matches("[\\w.=-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
