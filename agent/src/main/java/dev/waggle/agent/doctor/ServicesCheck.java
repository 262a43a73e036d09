package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm.Resolution;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Judges the services, their labels and their images.
final class ServicesCheck {

  private ServicesCheck() {}

  /// What the engine said of its services.
  ///
  /// @param manager whether the engine should list them
  static List<Finding> of(Answer<List<ServiceState>> services, boolean manager) {
    return switch (services) {
      case Answer.Given<List<ServiceState>>(List<ServiceState> all, _) -> of(all);
      case Answer.None<List<ServiceState>>(String reason) ->
          List.of(EngineCheck.notListed(Check.SERVICES, "/services", reason, manager));
    };
  }

  static List<Finding> of(List<ServiceState> services) {
    List<ServiceState> opted = optedIn(services);
    List<Finding> findings = new ArrayList<>();
    findings.add(
        opted.isEmpty()
            ? Finding.warning(
                Check.SERVICES,
                "none of " + services.size() + " services is opted in",
                "docker service update --label-add waggle.tags=latest SERVICE")
            : Finding.ok(
                Check.SERVICES,
                opted.size()
                    + " of "
                    + services.size()
                    + " opted in: "
                    + opted.stream().map(ServiceState::name).collect(Collectors.joining(", "))));
    for (ServiceState service : sorted(services)) {
      findings.addAll(LabelsCheck.of(service));
    }
    opted.forEach(service -> findings.addAll(labels(service)));
    if (findings.stream().noneMatch(finding -> finding.check() == Check.LABELS)
        && !opted.isEmpty()) {
      findings.add(Finding.ok(Check.LABELS, "all have a meaning"));
    }
    return findings;
  }

  /// Those that are opted in, by name.
  static List<ServiceState> optedIn(List<ServiceState> services) {
    return sorted(services).stream()
        .filter(service -> service.labels().containsKey(ServiceLabels.TAGS))
        .toList();
  }

  /// Those that Waggle would roll, by name: a job runs to its end.
  static List<ServiceState> rolled(List<ServiceState> services) {
    return optedIn(services).stream().filter(service -> !service.isJob()).toList();
  }

  private static List<ServiceState> sorted(List<ServiceState> services) {
    return services.stream().sorted(Comparator.comparing(ServiceState::name)).toList();
  }

  private static List<Finding> labels(ServiceState service) {
    return switch (ServiceLabels.read(service.labels())) {
      case ServiceLabels.Reading.Invalid(String problem) ->
          List.of(
              Finding.problem(
                  Check.LABELS,
                  service.name() + " is left alone: " + problem,
                  "docker service update --label-add LABEL=VALUE " + service.name()));
      case ServiceLabels.Reading.Valid(ServiceLabels _) when service.isJob() ->
          List.of(
              Finding.problem(
                  Check.LABELS,
                  service.name() + " is left alone: it is a job, which runs to its end",
                  "docker service update --label-rm " + ServiceLabels.TAGS + " " + service.name()));
      case ServiceLabels.Reading.Valid(ServiceLabels _) -> List.of();
    };
  }

  /// The images of opted-in services, as the registry is asked for them, each with the services
  /// that have it.
  static SequencedMap<String, List<String>> images(List<ServiceState> services) {
    return optedIn(services).stream()
        .collect(
            Collectors.groupingBy(
                ServicesCheck::askedFor,
                TreeMap::new,
                Collectors.mapping(ServiceState::name, Collectors.toList())));
  }

  /// A rollout asks by tag; by its digest where a service has no tag.
  private static String askedFor(ServiceState service) {
    return service
        .image()
        .map(
            image ->
                image.tag() == null
                    ? image
                    : new ImageReference(image.repository(), image.tag(), null))
        .map(ImageReference::toString)
        .orElseGet(service::imageText);
  }

  /// What the registry said of an image.
  static Finding registry(String image, List<String> services, Answer<Resolution> answer) {
    String whose = image + " (" + String.join(", ", services) + ")";
    return switch (answer) {
      case Answer.Given<Resolution>(Resolution.Resolved _, _) ->
          Finding.ok(Check.REGISTRY, whose + " is there");
      case Answer.Given<Resolution>(Resolution.Refused(String reason), _) ->
          Finding.problem(
              Check.REGISTRY,
              whose + " is refused: " + reason,
              "see whether the repository and the tag exist");
      case Answer.Given<Resolution>(Resolution.Unauthorised(String reason), _) ->
          Finding.problem(
              Check.REGISTRY,
              whose + " is not shown to the agent: " + reason,
              "see whether the repository exists, and whether the account may pull it");
      case Answer.None<Resolution>(String reason) ->
          Finding.problem(
              Check.REGISTRY,
              whose + ": " + reason,
              "see whether the engine's host reaches the registry: docker pull " + image);
    };
  }

  /// An image that no registry could be asked for.
  static Finding unreadable(String image, List<String> services) {
    return Finding.problem(
        Check.REGISTRY,
        "'"
            + image
            + "' ("
            + String.join(", ", services)
            + ") is not an image that a registry knows",
        "give the service an image of a repository: docker service update --image");
  }
}
