package dev.waggle.function;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A verdict in words: what each step of the proof came to, what follows, and what is to be done.
final class Explanation {
  private static final List<String> STEPS =
      List.of("token", "shape", "repository", "registry", "time", "queue");

  private Explanation() {}

  /// Returns a line for each step, in the order in which they are taken, then lines for what
  /// follows from them.
  ///
  /// @param id of the request
  /// @param verdict which nothing was sent for
  /// @param repositoriesKnown whether it was reached with the repositories that are configured;
  ///   without them every repository passes
  static List<String> of(DeliveryId id, Verdict verdict, boolean repositoriesKnown) {
    List<String> lines = new ArrayList<>();
    List<String> results = results(verdict, repositoriesKnown);
    for (int i = 0; i < STEPS.size(); i++) {
      lines.add(line(STEPS.get(i), i < results.size() ? results.get(i) : "not reached"));
    }
    Answer answer = Answer.to(id, verdict);
    lines.add("");
    lines.add(line("verdict", verdict.kind() + ": " + verdict.words()));
    lines.add(line("answer", answer.status() + " " + answer.body()));
    message(verdict)
        .ifPresent(
            push -> {
              lines.add(line("message", push.json()));
              lines.add(line("group", push.group()));
              lines.add(line("dedup id", push.deduplicationId()));
            });
    lines.add(line("to do", remedy(verdict)));
    return lines;
  }

  private static String line(String name, String text) {
    return "%-10s  %s".formatted(name, text);
  }

  private static Optional<PushMessage> message(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Accepted(_, PushMessage push) -> Optional.of(push);
      case Verdict.AcceptedUnproven(_, PushMessage push, _) -> Optional.of(push);
      case Verdict.NoTag _,
          Verdict.TagNotWanted _,
          Verdict.TagNotInRegistry _,
          Verdict.NotAnImage _,
          Verdict.WrongToken _,
          Verdict.TooLarge _,
          Verdict.NotADelivery _,
          Verdict.NotOurRepository _,
          Verdict.PushContradicted _,
          Verdict.QueueUnavailable _,
          Verdict.UnexpectedFailure _ ->
          Optional.empty();
    };
  }

  /// Of each step up to the last that was taken.
  private static List<String> results(Verdict verdict, boolean repositoriesKnown) {
    String token = "not looked at: it is in the webhook's address, not in the delivery";
    String ours =
        repositoriesKnown
            ? "passed: WAGGLE_REPOSITORIES has it, and wants the tag"
            : "not looked at: WAGGLE_REPOSITORIES is not set here";
    return switch (verdict) {
      case Verdict.WrongToken() -> List.of("failed: none of the configured ones");
      case Verdict.UnexpectedFailure _ -> List.of(token);
      case Verdict.TooLarge _ -> List.of(token, "failed: more than " + Body.MAX_BYTES + " bytes");
      case Verdict.NotADelivery(_, String field, String expected) ->
          List.of(token, "failed: " + field + ", expected " + expected);
      case Verdict.NotOurRepository _ ->
          List.of(token, "passed", "failed: WAGGLE_REPOSITORIES does not have it");
      case Verdict.NoTag(_, Repository repository) ->
          List.of(token, "passed: " + repository, "failed: a push without a tag");
      case Verdict.TagNotWanted(_, Repository repository, Tag tag) ->
          List.of(
              token,
              "passed: " + repository + ":" + tag,
              "failed: WAGGLE_REPOSITORIES has it, but does not want the tag");
      case Verdict.TagNotInRegistry(_, Repository repository, Tag tag) ->
          List.of(token, "passed: " + repository + ":" + tag, ours, "failed: it knows no such tag");
      case Verdict.NotAnImage(_, Repository repository, Tag tag, Digest digest) ->
          digest == null
              ? List.of(
                  token,
                  "passed: " + repository + ":" + tag,
                  "failed: the tag is one of a signature, an attestation or the like")
              : List.of(
                  token,
                  "passed: " + repository + ":" + tag,
                  ours,
                  "failed: the tag names " + digest + ", which is not an image");
      case Verdict.PushContradicted(_, PushMessage push) ->
          List.of(token, shape(push), ours, registry(push), "failed: " + time(push));
      case Verdict.Accepted(_, PushMessage push) ->
          List.of(
              token,
              shape(push),
              ours,
              registry(push),
              time(push),
              "nothing sent, as this only explains");
      case Verdict.AcceptedUnproven(_, PushMessage push, Registry.Doubt doubt) ->
          List.of(
              token,
              shape(push),
              ours,
              registry(push) + ": " + doubt,
              time(push),
              "nothing sent, as this only explains");
      case Verdict.QueueUnavailable(_, PushMessage push, String reason) ->
          List.of(token, shape(push), ours, registry(push), time(push), "failed: " + reason);
    };
  }

  private static String shape(PushMessage push) {
    Instant at = push.pushedAt();
    return "passed: "
        + push.repository()
        + ":"
        + push.tag()
        + (push.time().unusable() ? ", its time cannot be used" : "")
        + (at == null ? ", without a time" : ", pushed at " + at);
  }

  private static String registry(PushMessage push) {
    return push.digest() == null
        ? "left to the agent's engine"
        : "passed: the tag names " + push.digest();
  }

  private static String time(PushMessage push) {
    Evidence evidence = push.time().evidence();
    boolean lookAgain =
        push.time().older() && evidence.standing() != Evidence.Standing.CONTRADICTED;
    return evidence.standing()
        + ": "
        + evidence.reason()
        + (lookAgain
            ? "; what is known of the tag is older than the push, so that the agent looks again"
            : "");
  }

  /// Returns what whoever wonders about a verdict can do.
  static String remedy(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Accepted _ -> "nothing";
      case Verdict.AcceptedUnproven _ -> "nothing: the agent's engine proves the push";
      case Verdict.NoTag _ -> "nothing: Docker Hub tells of parts of an image, too";
      case Verdict.TagNotWanted _ ->
          "if the tag is to go live, widen its pattern in WAGGLE_REPOSITORIES";
      case Verdict.TagNotInRegistry _ -> "if the tag should be there, push it again";
      case Verdict.NotAnImage _ -> "nothing: signatures and charts are kept beside images";
      case Verdict.WrongToken _ ->
          "if it was Docker Hub, give it the address with the token that was deployed";
      case Verdict.TooLarge _ -> "nothing: no delivery of Docker Hub is that large";
      case Verdict.NotADelivery _ ->
          "if it was Docker Hub, report the field and the function's version";
      case Verdict.NotOurRepository _ -> "if it is yours, add it to WAGGLE_REPOSITORIES";
      case Verdict.PushContradicted _ ->
          "if it was you, push again; if Docker Hub is days behind, set WAGGLE_CONTRADICTED_PUSHES"
              + " to mark";
      case Verdict.QueueUnavailable _ -> "see the reason in the function's log, and push again";
      case Verdict.UnexpectedFailure _ -> "report it with the function's log line";
    };
  }
}
