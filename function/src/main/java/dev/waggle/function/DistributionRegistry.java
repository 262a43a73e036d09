package dev.waggle.function;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A registry that speaks the OCI distribution specification, asked anonymously.
///
/// Asks with `HEAD`, which Docker Hub does not count as a pull, and keeps the tokens that it is
/// given, so that most look-ups are one request. Asks with `GET` only for what may well be no
/// image.
final class DistributionRegistry implements Registry {
  /// The type of whatever is kept where images are: signatures, attestations, charts, and the
  /// images of some tools.
  private static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  /// Without all four the digest of something else comes back.
  private static final String MANIFESTS =
      String.join(
          ", ",
          "application/vnd.oci.image.index.v1+json",
          "application/vnd.docker.distribution.manifest.list.v2+json",
          OCI_MANIFEST,
          "application/vnd.docker.distribution.manifest.v2+json");

  private final URI base;
  private final Clock clock;
  private final Map<Repository, Token> tokens = new ConcurrentHashMap<>();

  /// The last of each repository that was read: Docker Hub tells of one push several times.
  private final Map<Repository, Judged> judged = new ConcurrentHashMap<>();

  /// Talks to one registry.
  ///
  /// @param base address to which `/v2/` is appended
  /// @param clock by which tokens expire
  DistributionRegistry(URI base, Clock clock) {
    this.base = base;
    this.clock = clock;
  }

  /// Begins to make the first [#find] fast: connects, and fetches a token for `repository`.
  Conversation<Boolean> warmUp(Repository repository, Deadline deadline) {
    return Conversation.begin(
        base,
        deadline,
        talk -> {
          Conversation.Response answer = talk.get(URI.create(base + "/v2/"));
          return answer.status() != HttpURLConnection.HTTP_UNAUTHORIZED
              || fetchToken(talk, repository, answer).isEmpty();
        });
  }

  @Override
  public Finding find(Repository repository, Tag tag, Deadline deadline) {
    try (Conversation<Finding> conversation =
        Conversation.<Finding>begin(base, deadline, talk -> ask(talk, repository, tag))) {
      return conversation.await(
          failure ->
              new Finding.Unproven(
                  switch (failure) {
                    case TIMED_OUT -> Doubt.TIMED_OUT;
                    case UNREACHABLE -> Doubt.UNREACHABLE;
                    case FOREIGN_HOST -> Doubt.FOREIGN_HOST;
                  }));
    }
  }

  @Override
  public boolean isImage(Repository repository, Finding.Found found, Deadline deadline) {
    // A GET counts as a pull, and Docker Hub allows few of them to an address without an account.
    // An index and Docker's own manifest, which most pushes are, are therefore not read: what is no
    // image in these forms, such as a build cache or a plugin, is rare, and the agent finds it out.
    if (!found.perhapsArtifact()) {
      return true;
    }
    Judged last = judged.get(repository);
    if (last != null && last.digest.equals(found.digest())) {
      return last.image;
    }
    try (Conversation<Boolean> conversation =
        Conversation.begin(base, deadline, talk -> judge(talk, repository, found.digest()))) {
      return conversation.await(_ -> true);
    }
  }

  /// By the digest: the tag may have moved on. Without a new token, as the one that the look-up had
  /// is good, or there is none.
  private boolean judge(Conversation<?> talk, Repository repository, Digest digest)
      throws IOException {
    Conversation.Response answer =
        talk.get(
            URI.create(base + "/v2/" + repository + "/manifests/" + digest),
            headers(unexpired(repository)));
    if (answer.status() != HttpURLConnection.HTTP_OK) {
      return true;
    }
    boolean image = Manifest.isImage(answer.body());
    judged.put(repository, new Judged(digest, image));
    return image;
  }

  private Finding ask(Conversation<?> talk, Repository repository, Tag tag) throws IOException {
    URI manifest = URI.create(base + "/v2/" + repository + "/manifests/" + tag);
    Conversation.Response head = talk.head(manifest, headers(unexpired(repository)));
    if (head.status() != HttpURLConnection.HTTP_UNAUTHORIZED) {
      return finding(head);
    }
    Optional<Finding.Unproven> problem = fetchToken(talk, repository, head);
    return problem.isPresent()
        ? problem.get()
        : finding(talk.head(manifest, headers(tokens.get(repository))));
  }

  private @Nullable Token unexpired(Repository repository) {
    Token token = tokens.get(repository);
    return token == null || clock.instant().isAfter(token.end) ? null : token;
  }

  private static Map<String, String> headers(@Nullable Token token) {
    return token == null
        ? Map.of("Accept", MANIFESTS)
        : Map.of("Accept", MANIFESTS, "Authorization", "Bearer " + token.value);
  }

  /// In place of the one that the registry did not take, if there was one. Returns what is in the
  /// way.
  private Optional<Finding.Unproven> fetchToken(
      Conversation<?> talk, Repository repository, Conversation.Response challenged)
      throws IOException {
    tokens.remove(repository);
    Optional<Challenge> challenge =
        challenged
            .headers("WWW-Authenticate")
            .map(Challenge::parse)
            .flatMap(Optional::stream)
            .findFirst();
    if (challenge.isEmpty()) {
      return Optional.of(new Finding.Unproven(Doubt.PRIVATE));
    }
    Conversation.Response answer = talk.get(challenge.get().tokenAddress(repository));
    if (answer.status() != HttpURLConnection.HTTP_OK) {
      return Optional.of(refusal(answer.status()));
    }
    Optional<Token> token = Token.parse(answer.body(), clock.instant());
    token.ifPresent(it -> tokens.put(repository, it));
    return token.isPresent()
        ? Optional.empty()
        : Optional.of(new Finding.Unproven(Doubt.ODD_ANSWER));
  }

  private static Finding finding(Conversation.Response head) {
    return switch (head.status()) {
      case HttpURLConnection.HTTP_OK ->
          head.headers("Docker-Content-Digest")
              .findFirst()
              .flatMap(Digest::parse)
              .<Finding>map(digest -> new Finding.Found(digest, isOciManifest(head)))
              .orElseGet(() -> new Finding.Unproven(Doubt.ODD_ANSWER));
      case HttpURLConnection.HTTP_NOT_FOUND -> new Finding.Missing();
      default -> refusal(head.status());
    };
  }

  private static boolean isOciManifest(Conversation.Response head) {
    return head.headers("Content-Type")
        .map(type -> type.split(";", 2)[0].strip())
        .anyMatch(OCI_MANIFEST::equalsIgnoreCase);
  }

  private static Finding.Unproven refusal(int status) {
    return new Finding.Unproven(
        switch (status) {
          case HttpURLConnection.HTTP_UNAUTHORIZED, HttpURLConnection.HTTP_FORBIDDEN ->
              Doubt.PRIVATE;
          case 429 -> Doubt.RATE_LIMITED;
          default -> status >= 500 ? Doubt.UNWELL : Doubt.ODD_ANSWER;
        });
  }

  /// What a manifest was found to be.
  ///
  /// @param digest of the manifest
  /// @param image whether it is an image's
  private record Judged(Digest digest, boolean image) {}

  /// What a token service hands out.
  ///
  /// @param value of the token
  /// @param end from when on it is not used any more
  private record Token(String value, Instant end) {
    /// What may stand behind "Bearer" (RFC 6750).
    private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9._~+/-]{1,16384}=*");

    /// How long a token is good where the answer does not say, by the specification.
    private static final int SECONDS = 60;

    /// How long a token is used at most: as long as Docker Hub's are good.
    private static final int MAX_SECONDS = 300;

    /// How many seconds earlier a token ends for us, for the way and between clocks.
    private static final int MARGIN = 10;

    /// Returns the token in an answer that came now, or nothing when it has none.
    static Optional<Token> parse(byte[] body, Instant now) throws IOException {
      try (JsonParser json = Json.STRANGE.createParser(body)) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          return Optional.empty();
        }
        String value = "";
        long seconds = SECONDS;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          JsonToken type = json.nextToken();
          // Either name, by the specification; with the same value where both are sent.
          if (type == JsonToken.VALUE_STRING
              && (name.equals("token") || name.equals("access_token"))) {
            value = json.getText();
          } else if (type == JsonToken.VALUE_NUMBER_INT && name.equals("expires_in")) {
            seconds = (long) json.getDoubleValue();
          } else {
            json.skipChildren();
          }
        }
        Instant end = now.plusSeconds(Math.clamp(seconds, 0, MAX_SECONDS) - MARGIN);
        return GRAMMAR.matcher(value).matches()
            ? Optional.of(new Token(value, end))
            : Optional.empty();
      } catch (JacksonException _) {
        return Optional.empty();
      }
    }

    @Override
    public String toString() {
      return "Token[redacted]";
    }
  }
}
