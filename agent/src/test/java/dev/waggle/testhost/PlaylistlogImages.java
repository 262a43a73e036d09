package dev.waggle.testhost;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.PushResponseItem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Pushes images of a small web server that says its name and tag on port 8080, such as
/// `playlistlog 2`.
public final class PlaylistlogImages {
  /// The repository that the demo and most tests push to.
  public static final String REPOSITORY = "vorce/playlistlog";

  /// The port that the server listens on.
  public static final int PORT = 8080;

  /// How a container of the image fares.
  public enum Health {
    /// Serves, and its health check says so after a second.
    HEALTHY,
    /// Serves, and has no health check.
    UNCHECKED,
    /// Serves, but its health check fails, and after three failures Swarm ends it.
    NEVER_HEALTHY,
    /// Ends at once with status 1.
    EXITS,
    /// Serves, and is healthy, and ends with status 1 after three seconds.
    CRASHES
  }

  private static final String SERVE =
      """
      #!/bin/sh
      trap 'kill $!; exit 143' TERM
      busybox httpd -f -p 8080 -h /www &
      wait
      """;

  private static final String EXIT =
      """
      #!/bin/sh
      echo 'cannot start' >&2
      exit 1
      """;

  private static final String CRASH =
      """
      #!/bin/sh
      busybox httpd -f -p 8080 -h /www &
      sleep 3
      echo 'out of luck' >&2
      exit 1
      """;

  private static final String HEALTH_CHECK =
      """
      HEALTHCHECK --interval=1s --timeout=2s --retries=3 \\
          CMD ["/bin/busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/health"]
      """;

  /// Without the names of all four, a registry answers with the digest of something converted.
  private static final String MANIFESTS =
      String.join(
          ", ",
          "application/vnd.oci.image.index.v1+json",
          "application/vnd.docker.distribution.manifest.list.v2+json",
          "application/vnd.oci.image.manifest.v1+json",
          "application/vnd.docker.distribution.manifest.v2+json");

  private final PrivateEngine engine;

  /// Pushes to the registry of this engine.
  public PlaylistlogImages(PrivateEngine engine) {
    this.engine = engine;
  }

  /// Builds and pushes `vorce/playlistlog:TAG`; returns the digest that the registry gives it.
  public String push(String tag, Health health) {
    return push(REPOSITORY, tag, health);
  }

  /// Builds and pushes an image; returns the digest that the registry gives it.
  public String push(String repository, String tag, Health health) {
    return push(
        repository, tag, repository.substring(repository.lastIndexOf('/') + 1) + " " + tag, health);
  }

  /// Builds and pushes an image that answers with this line; returns the digest that the registry
  /// gives it.
  public String push(String repository, String tag, String answer, Health health) {
    String local = PrivateEngine.LOCAL_REGISTRY + "/" + repository;
    BaseImage.build(
        engine.docker(),
        local + ":" + tag,
        context -> {
          Path serve = context.resolve("serve");
          Files.writeString(
              serve,
              switch (health) {
                case HEALTHY, UNCHECKED, NEVER_HEALTHY -> SERVE;
                case EXITS -> EXIT;
                case CRASHES -> CRASH;
              });
          if (!serve.toFile().setExecutable(true)) {
            throw new IOException("not made executable: " + serve);
          }
          Path www = Files.createDirectory(context.resolve("www"));
          Files.writeString(www.resolve("index.html"), answer + "\n");
          if (health == Health.HEALTHY || health == Health.CRASHES) {
            Files.writeString(www.resolve("health"), "ok\n");
          }
          Files.writeString(
              context.resolve("Dockerfile"),
              """
              FROM %s
              %s
              ENTRYPOINT ["/serve"]
              COPY serve /serve
              COPY www /www
              """
                  .formatted(
                      PrivateEngine.BASE_IMAGE, health == Health.UNCHECKED ? "" : HEALTH_CHECK));
        });
    try {
      engine
          .docker()
          .pushImageCmd(local)
          .withTag(tag)
          .exec(new ResultCallback.Adapter<PushResponseItem>())
          .awaitCompletion(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while pushing " + local + ":" + tag, e);
    }
    return digest(repository, tag);
  }

  /// Asks the registry for a tag's digest.
  public String digest(String repository, String tag) {
    HttpRequest request =
        HttpRequest.newBuilder(manifest(repository, tag))
            .timeout(Duration.ofSeconds(10))
            .header("Accept", MANIFESTS)
            .HEAD()
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<Void> response = http.send(request, HttpResponse.BodyHandlers.discarding());
      return response
          .headers()
          .firstValue("Docker-Content-Digest")
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      repository
                          + ":"
                          + tag
                          + " is not in the registry: status "
                          + response.statusCode()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking for " + tag, e);
    }
  }

  private URI manifest(String repository, String tag) {
    return engine.registry().resolve("/v2/" + repository + "/manifests/" + tag);
  }
}
