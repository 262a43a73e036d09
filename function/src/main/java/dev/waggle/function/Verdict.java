package dev.waggle.function;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What becomes of a request. The status, the answer, the log line and the explanation of each are
/// decided in one exhaustive switch each, so that a new verdict does not compile until all know it.
sealed interface Verdict {
  /// What a verdict comes to.
  enum Kind {
    /// The push is on the queue.
    ACCEPTED,
    /// A genuine delivery that asks for nothing.
    IGNORED,
    /// The sender did not prove that there was such a push.
    REFUSED,
    /// A push that the sender should deliver again.
    FAILED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// What it comes to.
  default Kind kind() {
    return switch (this) {
      case Accepted _, AcceptedUnproven _ -> Kind.ACCEPTED;
      case NoTag _, TagNotWanted _, TagNotInRegistry _, NotAnImage _ -> Kind.IGNORED;
      case WrongToken _, TooLarge _, NotADelivery _, NotOurRepository _, PushContradicted _ ->
          Kind.REFUSED;
      case QueueUnavailable _, UnexpectedFailure _ -> Kind.FAILED;
    };
  }

  /// Its name in answers, log lines and `docs/reference.md`.
  default String words() {
    return switch (this) {
      case Accepted _ -> "push accepted";
      case AcceptedUnproven _ -> "push accepted unproven";
      case NoTag _ -> "no tag";
      case TagNotWanted _ -> "tag not wanted";
      case TagNotInRegistry _ -> "tag not in the registry";
      case NotAnImage _ -> "not an image";
      case WrongToken _ -> "wrong token";
      case TooLarge _ -> "body too large";
      case NotADelivery _ -> "not a delivery";
      case NotOurRepository _ -> "not our repository";
      case PushContradicted _ -> "push contradicted";
      case QueueUnavailable _ -> "queue unavailable";
      case UnexpectedFailure _ -> "unexpected failure";
    };
  }

  /// The push is on the queue with the digest that the registry gave.
  ///
  /// @param token which token the address had
  /// @param push what went onto the queue
  record Accepted(TokenHashes.Match token, PushMessage push) implements Verdict {}

  /// The push is on the queue without a digest, for the agent's engine to prove: it may hold
  /// credentials, and no push is lost to a registry that is unwell.
  ///
  /// @param token which token the address had
  /// @param push what went onto the queue
  /// @param doubt why the registry did not prove it
  record AcceptedUnproven(TokenHashes.Match token, PushMessage push, Registry.Doubt doubt)
      implements Verdict {}

  /// A delivery without a tag, as those for parts of an image are.
  ///
  /// @param token which token the address had
  /// @param repository one of ours
  record NoTag(TokenHashes.Match token, Repository repository) implements Verdict {}

  /// No pattern that the configuration has for the repository matches the tag.
  ///
  /// @param token which token the address had
  /// @param repository one of ours
  /// @param tag that was pushed
  record TagNotWanted(TokenHashes.Match token, Repository repository, Tag tag) implements Verdict {}

  /// The registry knows no such tag: removed since, or never pushed.
  ///
  /// @param token which token the address had
  /// @param repository one of ours
  /// @param tag that the delivery claims
  record TagNotInRegistry(TokenHashes.Match token, Repository repository, Tag tag)
      implements Verdict {}

  /// A signature, an attestation, a chart or the like was pushed, which is kept where images are.
  ///
  /// @param token which token the address had
  /// @param repository one of ours
  /// @param tag that was pushed
  /// @param digest of what the tag names; absent when the tag told by itself
  record NotAnImage(
      TokenHashes.Match token, Repository repository, Tag tag, @Nullable Digest digest)
      implements Verdict {}

  /// The path had no token, or one that has none of the hashes.
  record WrongToken() implements Verdict {}

  /// The body is larger than a delivery can be.
  ///
  /// @param token which token the address had
  record TooLarge(TokenHashes.Match token) implements Verdict {}

  /// The body is not a delivery of Docker Hub.
  ///
  /// @param token which token the address had
  /// @param field what is wrong, by its path; never what it holds
  /// @param expected what belongs there
  record NotADelivery(TokenHashes.Match token, String field, String expected) implements Verdict {}

  /// The repository is not one that the configuration names. Which it is goes nowhere, since a
  /// stranger chose it.
  ///
  /// @param token which token the address had
  record NotOurRepository(TokenHashes.Match token) implements Verdict {}

  /// There was no such push at the time that the delivery says: it is a replay, or was made up.
  ///
  /// @param token which token the address had
  /// @param push what would have gone onto the queue
  record PushContradicted(TokenHashes.Match token, PushMessage push) implements Verdict {}

  /// The push is genuine and the queue did not take it.
  ///
  /// @param token which token the address had
  /// @param push what should have gone onto the queue
  /// @param reason why it did not
  record QueueUnavailable(TokenHashes.Match token, PushMessage push, String reason)
      implements Verdict {}

  /// A mistake of ours.
  ///
  /// @param cause to be logged without its message, which may quote the request
  record UnexpectedFailure(Throwable cause) implements Verdict {}
}
