package dev.waggle.function;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/// Decides on a request, cheapest proof first, and stops at the first that fails: the token, the
/// shape, the repository, the registry, the time. What passes, and is an image, goes onto the
/// queue.
final class Judge {
  /// For all calls to the outside together.
  static final Duration BUDGET = Duration.ofSeconds(3);

  /// Leaves the queue a second at least: a push is accepted without the registry, but not without
  /// the queue.
  static final Duration LOOKUP_BUDGET = Duration.ofSeconds(2);

  private final TokenHashes tokens;
  private final AllowList repositories;
  private final Configuration.Contradicted contradicted;
  private final Registry registry;
  private final Lookup lookup;
  private final PushQueue queue;
  private final Clock clock;

  Judge(
      Configuration configuration,
      Registry registry,
      PushRecords records,
      PushQueue queue,
      Waiter waiter,
      Clock clock) {
    this.tokens = configuration.tokens();
    this.repositories = configuration.repositories();
    this.contradicted = configuration.contradicted();
    this.registry = registry;
    this.lookup = new Lookup(registry, records, waiter, clock);
    this.queue = queue;
    this.clock = clock;
  }

  /// Returns the verdict on a request, within [#BUDGET] and what it takes to compute.
  ///
  /// @param waits takes how long others made it wait
  Verdict judge(Request request, Waits waits) {
    return tokens
        .match(request.token())
        .map(token -> body(token, request, waits))
        .orElseGet(Verdict.WrongToken::new);
  }

  private Verdict body(TokenHashes.Match token, Request request, Waits waits) {
    return switch (Body.of(request.body(), request.base64())) {
      case Body.Oversized() -> new Verdict.TooLarge(token);
      case Body.Unreadable(String expected) -> new Verdict.NotADelivery(token, "body", expected);
      case Body.Text(String text) ->
          switch (Delivery.parse(text)) {
            case Delivery.Reading.Unreadable(String field, String expected) ->
                new Verdict.NotADelivery(token, field, expected);
            case Delivery.Reading.Read(Delivery delivery) ->
                delivery(token, request.deliveryId(), delivery, waits);
          };
    };
  }

  private Verdict delivery(TokenHashes.Match token, DeliveryId id, Delivery delivery, Waits waits) {
    Repository repository = delivery.repository();
    Tag tag = delivery.tag();
    if (!repositories.contains(repository)) {
      return new Verdict.NotOurRepository(token);
    }
    if (tag == null) {
      return new Verdict.NoTag(token, repository);
    }
    if (tag.isOfAnAttachment()) {
      return new Verdict.NotAnImage(token, repository, tag, null);
    }
    if (!repositories.wants(repository, tag)) {
      return new Verdict.TagNotWanted(token, repository, tag);
    }
    Deadline deadline = Deadline.in(BUDGET);
    Deadline lookups = deadline.atMost(LOOKUP_BUDGET);
    Lookup.Found found = waits.forLookups(() -> lookup.find(delivery, tag, lookups));
    return switch (found.finding()) {
      case Registry.Finding.Missing() -> new Verdict.TagNotInRegistry(token, repository, tag);
      case Registry.Finding.Found image -> {
        PushMessage push = push(id, delivery, tag, found);
        if (isRefused(push)) {
          yield new Verdict.PushContradicted(token, push);
        }
        // Where the registry lags, it tells of what was pushed before.
        if (!push.time().older()
            && !waits.forLookups(() -> registry.isImage(repository, image, lookups))) {
          yield new Verdict.NotAnImage(token, repository, tag, image.digest());
        }
        yield sent(token, push, deadline, waits, new Verdict.Accepted(token, push));
      }
      case Registry.Finding.Unproven(Registry.Doubt doubt) -> {
        PushMessage push = push(id, delivery, tag, found);
        yield isRefused(push)
            ? new Verdict.PushContradicted(token, push)
            : sent(token, push, deadline, waits, new Verdict.AcceptedUnproven(token, push, doubt));
      }
    };
  }

  private PushMessage push(DeliveryId id, Delivery delivery, Tag tag, Lookup.Found found) {
    Instant now = clock.instant();
    PushTime time = PushTime.judge(delivery.pushedAt(), now, found.digest(), found.record());
    return new PushMessage(
        id,
        delivery.repository(),
        tag,
        found.digest(),
        delivery.unusableTime() ? time.saidUnusably() : time,
        now);
  }

  private boolean isRefused(PushMessage push) {
    return contradicted == Configuration.Contradicted.REFUSE
        && push.time().evidence().standing() == Evidence.Standing.CONTRADICTED;
  }

  private Verdict sent(
      TokenHashes.Match token, PushMessage push, Deadline deadline, Waits waits, Verdict accepted) {
    return switch (waits.forQueue(() -> queue.send(push, deadline))) {
      case PushQueue.Sending.Sent() -> accepted;
      case PushQueue.Sending.NotSent(String reason) ->
          new Verdict.QueueUnavailable(token, push, reason);
    };
  }
}
