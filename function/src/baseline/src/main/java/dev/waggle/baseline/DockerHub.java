package dev.waggle.baseline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Docker Hub's registry and its API, asked anonymously.
final class DockerHub {
  private static final String MANIFESTS =
      "application/vnd.oci.image.index.v1+json, "
          + "application/vnd.docker.distribution.manifest.list.v2+json, "
          + "application/vnd.oci.image.manifest.v1+json, "
          + "application/vnd.docker.distribution.manifest.v2+json";
  private static final Pattern CHALLENGE =
      Pattern.compile("Bearer realm=\"([^\"]+)\",service=\"([^\"]+)\".*");
  private static final Duration CONTRADICTION = Duration.ofMinutes(5);

  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper mapper = new ObjectMapper();
  private final String registry;
  private final String hub;

  DockerHub(String registry, String hub) {
    this.registry = registry;
    this.hub = hub;
  }

  /// Returns the digest of a tag, or nothing when the registry does not know the tag.
  Optional<String> digest(String repository, String tag) throws IOException, InterruptedException {
    URI manifest = URI.create(registry + "/v2/" + repository + "/manifests/" + tag);
    HttpResponse<Void> head = head(manifest, null);
    if (head.statusCode() == 401) {
      Matcher challenge =
          CHALLENGE.matcher(head.headers().firstValue("WWW-Authenticate").orElse(""));
      if (!challenge.matches()) {
        throw new IOException("no challenge");
      }
      URI address =
          URI.create(
              challenge.group(1)
                  + "?service="
                  + challenge.group(2)
                  + "&scope=repository:"
                  + repository
                  + ":pull");
      head = head(manifest, get(address).orElseThrow().get("token").asText());
    }
    return switch (head.statusCode()) {
      case 200 -> head.headers().firstValue("Docker-Content-Digest");
      case 404 -> Optional.empty();
      default -> throw new IOException("the registry answered " + head.statusCode());
    };
  }

  /// Tells whether Docker Hub's own record of a tag is of another push.
  boolean contradicts(String repository, String tag, Instant pushed)
      throws IOException, InterruptedException {
    if (hub.equals("none")) {
      return false;
    }
    String[] name = repository.split("/", 2);
    return get(URI.create(
            hub + "/v2/namespaces/" + name[0] + "/repositories/" + name[1] + "/tags/" + tag))
        .map(record -> Instant.parse(record.get("tag_last_pushed").asText()))
        .filter(last -> Duration.between(pushed, last).abs().compareTo(CONTRADICTION) > 0)
        .isPresent();
  }

  private HttpResponse<Void> head(URI address, @Nullable String token)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address).HEAD().header("Accept", MANIFESTS);
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.discarding());
  }

  private Optional<JsonNode> get(URI address) throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
    return response.statusCode() == 200
        ? Optional.of(mapper.readTree(response.body()))
        : Optional.empty();
  }
}
