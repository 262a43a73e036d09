package dev.waggle.function;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A registry that speaks the OCI distribution specification, asked anonymously.
///
/// Asks with `HEAD`, which Docker Hub does not count as a pull. Goes only to the configured address
/// and, when challenged, to a token service that belongs to it; follows no redirect.
///
/// Over `HttpURLConnection`, which the queue's client has loaded already.
final class DistributionRegistry implements Registry {
    // Without all four the digest of something else comes back.
    private static final String MANIFESTS = String.join(
            ", ",
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.docker.distribution.manifest.v2+json");

    // A delivery can precede the index of its tag.
    private static final List<Duration> PAUSES_WHILE_MISSING = List
            .of(Duration.ofMillis(250), Duration.ofMillis(500));

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final int MAX_TOKEN_ANSWER = 64 * 1024; // Docker Hub's has 5 KB

    private final URI base;
    private final Waiter waiter;

    /// Talks to one registry.
    ///
    /// @param base address to which `/v2/` is appended
    /// @param waiter lets time pass between attempts
    DistributionRegistry(URI base, Waiter waiter) {
        this.base = base;
        this.waiter = waiter;
    }

    // On a thread of its own: a read's timeout begins again with every byte, so a server that
    // trickles would hold the caller beyond any deadline.
    @Override
    public Finding find(Repository repository, Tag tag, Deadline deadline) {
        var lookup = new Lookup(repository, tag, deadline);
        var task = new FutureTask<>(lookup);
        Thread.ofPlatform().daemon().name("registry").start(task);
        try {
            return task.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            lookup.abandon();
            task.cancel(true);
            return new Unproven(Doubt.TIMED_OUT);
        } catch (InterruptedException _) {
            lookup.abandon();
            task.cancel(true);
            Thread.currentThread().interrupt();
            return new Unproven(Doubt.TIMED_OUT);
        } catch (ExecutionException e) {
            throw new IllegalStateException("asking the registry", e.getCause());
        }
    }

    private final class Lookup implements Callable<Finding> {
        private final Repository repository;
        private final Deadline deadline;
        private final URI manifest;
        private @Nullable String token;
        private volatile @Nullable HttpURLConnection connection;

        Lookup(Repository repository, Tag tag, Deadline deadline) {
            this.repository = repository;
            this.deadline = deadline;
            this.manifest = URI.create(base + "/v2/" + repository + "/manifests/" + tag);
        }

        void abandon() {
            var open = connection;
            if (open != null) {
                open.disconnect();
            }
        }

        @Override
        public Finding call() throws InterruptedException {
            try {
                var finding = ask();
                for (var pause : PAUSES_WHILE_MISSING) {
                    if (!(finding instanceof Missing) || !deadline.allows(pause)) {
                        return finding;
                    }
                    waiter.await(pause);
                    finding = ask();
                }
                return finding;
            } catch (InterruptedIOException _) { // what a socket's timeout is
                return new Unproven(Doubt.TIMED_OUT);
            } catch (IOException _) {
                return new Unproven(Doubt.UNREACHABLE);
            }
        }

        private Finding ask() throws IOException {
            var head = head();
            if (head.getResponseCode() != HttpURLConnection.HTTP_UNAUTHORIZED || token != null) {
                return finding(head);
            }
            var challenge = challenge(head);
            if (challenge.isEmpty()) {
                return new Unproven(Doubt.PRIVATE);
            }
            if (!challenge.get().belongsTo(base)) {
                return new Unproven(Doubt.FOREIGN_REALM);
            }
            var tokens = open(challenge.get().tokenAddress(repository), "GET");
            try {
                if (tokens.getResponseCode() != HttpURLConnection.HTTP_OK) {
                    return refusal(tokens.getResponseCode());
                }
                token = Token.in(tokens);
            } finally {
                tokens.disconnect();
            }
            return token == null ? new Unproven(Doubt.ODD_ANSWER) : finding(head());
        }

        private HttpURLConnection head() throws IOException {
            var head = open(manifest, "HEAD");
            head.setRequestProperty("Accept", MANIFESTS);
            if (token != null) {
                head.setRequestProperty("Authorization", "Bearer " + token);
            }
            return head;
        }

        private HttpURLConnection open(URI address, String method) throws IOException {
            var opened = (HttpURLConnection) address.toURL().openConnection();
            connection = opened;
            opened.setRequestMethod(method);
            opened.setRequestProperty("User-Agent", "waggle");
            opened.setInstanceFollowRedirects(false);
            opened.setUseCaches(false);
            var remaining = Math.toIntExact(deadline.remaining().toMillis());
            opened.setConnectTimeout(
                    Math.min(remaining, Math.toIntExact(CONNECT_TIMEOUT.toMillis())));
            opened.setReadTimeout(remaining);
            return opened;
        }
    }

    private static Finding finding(HttpURLConnection head) throws IOException {
        return switch (head.getResponseCode()) {
            case HttpURLConnection.HTTP_OK -> Optional
                    .ofNullable(head.getHeaderField("Docker-Content-Digest"))
                    .flatMap(Digest::parse)
                    .<Finding>map(Found::new)
                    .orElseGet(() -> new Unproven(Doubt.ODD_ANSWER));
            case HttpURLConnection.HTTP_NOT_FOUND -> new Missing();
            default -> refusal(head.getResponseCode());
        };
    }

    private static Unproven refusal(int status) {
        return new Unproven(switch (status) {
            case HttpURLConnection.HTTP_UNAUTHORIZED, HttpURLConnection.HTTP_FORBIDDEN ->
                Doubt.PRIVATE;
            case 429 -> Doubt.RATE_LIMITED;
            default -> status >= 500 ? Doubt.UNWELL : Doubt.ODD_ANSWER;
        });
    }

    // By index: the map of headers distinguishes upper and lower case, HTTP does not.
    private static Optional<Challenge> challenge(HttpURLConnection answer) {
        for (int i = 1; answer.getHeaderField(i) != null; i++) {
            if ("WWW-Authenticate".equalsIgnoreCase(answer.getHeaderFieldKey(i))) {
                var challenge = Challenge.parse(answer.getHeaderField(i));
                if (challenge.isPresent()) {
                    return challenge;
                }
            }
        }
        return Optional.empty();
    }

    /// The answer of a token service.
    private static final class Token {
        // What may stand behind "Bearer" (RFC 6750).
        private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9._~+/-]{1,16384}=*");

        private Token() {}

        /// Returns the token, or null when the answer is too long or has none.
        static @Nullable String in(HttpURLConnection answer) throws IOException {
            byte[] body;
            try (var stream = answer.getInputStream()) {
                body = stream.readNBytes(MAX_TOKEN_ANSWER + 1);
            }
            if (body.length > MAX_TOKEN_ANSWER) {
                return null;
            }
            try (var json = Json.STRANGE.createParser(body)) {
                if (json.nextToken() != JsonToken.START_OBJECT) {
                    return null;
                }
                String found = null;
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    var name = json.currentName();
                    var text = json.nextToken() == JsonToken.VALUE_STRING;
                    // Either name, by the specification; with the same value where both are sent.
                    if (text && (name.equals("token") || name.equals("access_token"))) {
                        found = json.getText();
                    } else {
                        json.skipChildren();
                    }
                }
                return found != null && GRAMMAR.matcher(found).matches() ? found : null;
            } catch (JacksonException _) {
                return null;
            }
        }
    }
}
