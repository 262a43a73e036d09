package dev.waggle.function;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A registry that speaks the OCI distribution specification, asked anonymously.
///
/// Asks with `HEAD`, which Docker Hub does not count as a pull.
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

    @Override
    public Finding find(Repository repository, Tag tag, Deadline deadline) {
        try (var conversation = Conversation.<Finding>begin(
                base,
                deadline,
                talk -> new Lookup(talk, repository, tag, deadline).find())) {
            return conversation.await(failure -> new Unproven(switch (failure) {
                case TIMED_OUT -> Doubt.TIMED_OUT;
                case UNREACHABLE -> Doubt.UNREACHABLE;
                case FOREIGN_HOST -> Doubt.FOREIGN_HOST;
            }));
        }
    }

    private final class Lookup {
        private final Conversation<?> talk;
        private final Repository repository;
        private final Deadline deadline;
        private final URI manifest;
        private @Nullable String token;

        Lookup(Conversation<?> talk, Repository repository, Tag tag, Deadline deadline) {
            this.talk = talk;
            this.repository = repository;
            this.deadline = deadline;
            this.manifest = URI.create(base + "/v2/" + repository + "/manifests/" + tag);
        }

        Finding find() throws IOException, InterruptedException {
            var finding = ask();
            for (var pause : PAUSES_WHILE_MISSING) {
                if (!(finding instanceof Missing) || !deadline.allows(pause)) {
                    return finding;
                }
                waiter.await(pause);
                finding = ask();
            }
            return finding;
        }

        private Finding ask() throws IOException {
            var head = head();
            if (head.status() != HttpURLConnection.HTTP_UNAUTHORIZED || token != null) {
                return finding(head);
            }
            var challenge = head.headers("WWW-Authenticate")
                    .map(Challenge::parse)
                    .flatMap(Optional::stream)
                    .findFirst();
            if (challenge.isEmpty()) {
                return new Unproven(Doubt.PRIVATE);
            }
            var answer = talk.get(challenge.get().tokenAddress(repository));
            if (answer.status() != HttpURLConnection.HTTP_OK) {
                return refusal(answer.status());
            }
            token = Token.in(answer.body());
            return token == null ? new Unproven(Doubt.ODD_ANSWER) : finding(head());
        }

        private Conversation.Response head() throws IOException {
            var headers = new HashMap<String, String>();
            headers.put("Accept", MANIFESTS);
            if (token != null) {
                headers.put("Authorization", "Bearer " + token);
            }
            return talk.head(manifest, headers);
        }
    }

    private static Finding finding(Conversation.Response head) {
        return switch (head.status()) {
            case HttpURLConnection.HTTP_OK -> head.headers("Docker-Content-Digest")
                    .findFirst()
                    .flatMap(Digest::parse)
                    .<Finding>map(Found::new)
                    .orElseGet(() -> new Unproven(Doubt.ODD_ANSWER));
            case HttpURLConnection.HTTP_NOT_FOUND -> new Missing();
            default -> refusal(head.status());
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

    /// The answer of a token service.
    private static final class Token {
        // What may stand behind "Bearer" (RFC 6750).
        private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9._~+/-]{1,16384}=*");

        private Token() {}

        /// Returns the token, or null when the answer has none.
        static @Nullable String in(byte[] body) throws IOException {
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
