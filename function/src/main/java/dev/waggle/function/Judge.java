package dev.waggle.function;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Decides on a request, cheapest proof first, and stops at the first that fails: the token, the
/// shape, the repository, the registry, the time. What passes goes onto the queue.
final class Judge {
    /// For all calls to the outside together.
    static final Duration BUDGET = Duration.ofSeconds(3);

    // Leaves the queue a second at least: a push is accepted without the registry, but not without
    // the queue.
    private static final Duration LOOKUP_BUDGET = Duration.ofSeconds(2);

    private final TokenHashes tokens;
    private final AllowList repositories;
    private final Configuration.Contradicted contradicted;
    private final Registry registry;
    private final PushRecords records;
    private final PushQueue queue;
    private final Clock clock;

    Judge(Configuration configuration, Registry registry, PushRecords records, PushQueue queue,
            Clock clock) {
        this.tokens = configuration.tokens();
        this.repositories = configuration.repositories();
        this.contradicted = configuration.contradicted();
        this.registry = registry;
        this.records = records;
        this.queue = queue;
        this.clock = clock;
    }

    /// Returns the verdict on a request, within [#BUDGET] and what it takes to compute. Docker Hub is
    /// asked for its record while the registry is asked for the digest.
    Verdict judge(Request request) {
        return tokens.match(request.token())
                .map(token -> body(token, request))
                .orElseGet(Verdict.WrongToken::new);
    }

    private Verdict body(TokenHashes.Match token, Request request) {
        return switch (Body.of(request.body(), request.base64())) {
            case Body.Oversized() -> new Verdict.TooLarge(token);
            case Body.Unreadable(var expected) -> new Verdict.NotADelivery(token, "body", expected);
            case Body.Text(var text) -> switch (Delivery.read(text)) {
                case Delivery.Unreadable(var field, var expected) ->
                    new Verdict.NotADelivery(token, field, expected);
                case Delivery.Read(var delivery) -> delivery(token, request.deliveryId(), delivery);
            };
        };
    }

    private Verdict delivery(TokenHashes.Match token, DeliveryId id, Delivery delivery) {
        var repository = delivery.repository();
        var tag = delivery.tag();
        if (!repositories.contains(repository)) {
            return new Verdict.NotOurRepository(token);
        }
        if (tag == null) {
            return new Verdict.NoTag(token, repository);
        }
        if (!repositories.wants(repository, tag)) {
            return new Verdict.TagNotWanted(token, repository, tag);
        }
        return push(token, id, repository, tag, delivery.pushedAt());
    }

    private Verdict push(
            TokenHashes.Match token,
            DeliveryId id,
            Repository repository,
            Tag tag,
            @Nullable Instant pushedAt) {
        var deadline = Deadline.in(BUDGET);
        var lookups = deadline.atMost(LOOKUP_BUDGET);
        try (var asked = records.ask(repository, tag, lookups)) {
            return switch (registry.find(repository, tag, lookups)) {
                case Registry.Missing() -> new Verdict.TagNotInRegistry(token, repository, tag);
                case Registry.Found(var digest) -> {
                    var now = clock.instant();
                    var time = PushTime.judge(pushedAt, now, digest, asked.answer());
                    var push = new PushMessage(id, repository, tag, digest, time, now);
                    yield sent(token, push, deadline, new Verdict.Accepted(token, push));
                }
                case Registry.Unproven(var doubt) -> {
                    var now = clock.instant();
                    var time = PushTime.judge(pushedAt, now, null, asked.answer());
                    var push = new PushMessage(id, repository, tag, null, time, now);
                    yield sent(
                            token,
                            push,
                            deadline,
                            new Verdict.AcceptedUnproven(token, push, doubt));
                }
            };
        }
    }

    private Verdict sent(
            TokenHashes.Match token,
            PushMessage push,
            Deadline deadline,
            Verdict accepted) {
        if (contradicted == Configuration.Contradicted.REFUSE
                && push.time().evidence().standing() == Evidence.Standing.CONTRADICTED) {
            return new Verdict.PushContradicted(token, push);
        }
        return switch (queue.send(push, deadline)) {
            case PushQueue.Sent() -> accepted;
            case PushQueue.NotSent(var reason) ->
                new Verdict.QueueUnavailable(token, push, reason);
        };
    }
}
