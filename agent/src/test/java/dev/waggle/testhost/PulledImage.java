package dev.waggle.testhost;

import com.github.dockerjava.api.command.PullImageResultCallback;
import com.github.dockerjava.api.exception.NotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// An image of Docker Hub in the private engine, where Docker Hub can be reached.
final class PulledImage {
  static final URI DOCKER_HUB = URI.create("https://registry-1.docker.io");

  private static final String OFFICIAL = "library/";
  private static final Duration REACHABLE_WITHIN = Duration.ofSeconds(3);

  /// The largest has about 500 MB.
  private static final Duration PULL = Duration.ofMinutes(5);

  private PulledImage() {}

  /// Makes sure of the image in the engine, or says why it cannot be had.
  ///
  /// @param repository with its namespace, `library/` included
  static Optional<String> obtain(
      PrivateEngine engine, URI dockerHub, String repository, String tag) {
    String image = familiar(repository) + ":" + tag;
    if (engine.publishedPortsAddress().isEmpty() || engine.hostAddress().isEmpty()) {
      return Optional.of("the private engine's containers cannot be reached from here");
    }
    try {
      engine.docker().inspectImageCmd(image).exec();
      return Optional.empty();
    } catch (NotFoundException absent) {
      if (!isReachable(dockerHub)) {
        return Optional.of(
            dockerHub.getHost()
                + " did not answer within "
                + REACHABLE_WITHIN.toSeconds()
                + " s, so "
                + image
                + " cannot be pulled");
      }
      return pull(engine, dockerHub, engine.hostAddress().get(), repository, tag);
    }
  }

  private static boolean isReachable(URI registry) {
    HttpRequest request =
        HttpRequest.newBuilder(registry.resolve("/v2/")).timeout(REACHABLE_WITHIN).build();
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(REACHABLE_WITHIN).build()) {
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() < 500;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Pulls through a registry of our own, since the engine itself has no way out; the registry's
  /// files stay for the next run.
  private static Optional<String> pull(
      PrivateEngine engine, URI dockerHub, String address, String repository, String tag) {
    String image = familiar(repository) + ":" + tag;
    try {
      Path files = Files.createDirectories(DebianPackages.downloads().resolve("docker-hub"));
      Path configuration = Files.createTempFile("waggle-proxy", ".yml");
      Files.writeString(
          configuration,
          """
          version: 0.1
          log: {level: warn, accesslog: {disabled: true}}
          storage:
            filesystem: {rootdirectory: %s}
          http: {addr: "%s:5000"}
          proxy: {remoteurl: "%s"}
          """
              .formatted(files, address, dockerHub));
      String script =
          "docker-registry serve \"$0\" >&2 & " + "echo answer:0\n" + TetheredShell.LOOP;
      List<String> command =
          List.of(
              "setsid",
              "unshare",
              "--pid",
              "--fork",
              "--kill-child",
              "sh",
              "-c",
              script,
              configuration.toString());
      try (TetheredShell proxy = new TetheredShell(command, null, Path.of("/dev/null"))) {
        proxy.ready(Duration.ofSeconds(10));
        URI registry = URI.create("http://" + address + ":5000");
        Await.until(
            "a proxy of Docker Hub that answers",
            Duration.ofSeconds(10),
            () -> EngineClient.answers(registry));
        System.out.println("pulling " + image);
        String source = address + ":5000/" + repository;
        boolean complete =
            engine
                .docker()
                .pullImageCmd(source)
                .withTag(tag)
                .exec(new PullImageResultCallback())
                .awaitCompletion(PULL.toSeconds(), TimeUnit.SECONDS);
        if (!complete) {
          return Optional.of("pulling " + image + " took longer than " + PULL.toMinutes() + " min");
        }
        engine.docker().tagImageCmd(source + ":" + tag, familiar(repository), tag).exec();
        return Optional.empty();
      } finally {
        Files.delete(configuration);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while pulling " + image, e);
    } catch (RuntimeException failed) {
      return Optional.of(image + " was not to be pulled: " + failed.getMessage());
    }
  }

  private static String familiar(String repository) {
    return repository.startsWith(OFFICIAL) ? repository.substring(OFFICIAL.length()) : repository;
  }
}
