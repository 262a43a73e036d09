package dev.waggle.comparison;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.waggle.chain.Delivery;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.DebianPackages;
import dev.waggle.testhost.PlaylistlogImages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Debian's webhook, which runs a script of the bare command for every delivery, and says in its
/// log how it ended.
final class WebhookScript implements Contender, AutoCloseable {

  private static final Duration START = Duration.ofSeconds(10);

  private static final String SCRIPT =
      """
      #!/bin/sh
      set -e
      docker service update --update-order start-first --image "%s:$2" "$1"
      echo "deployed $2"
      """
          .formatted(PlaylistlogImages.REPOSITORY);

  private final Scene scene;
  private final Path directory;
  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;
  private @Nullable TimedLines server;

  private WebhookScript(Scene scene, Path directory, int port) {
    this.scene = scene;
    this.directory = directory;
    this.port = port;
  }

  /// Starts it for services.
  static WebhookScript start(Scene scene, List<String> services) {
    try {
      Path directory = Files.createTempDirectory("waggle-webhook");
      Path script = Files.writeString(directory.resolve("deploy"), SCRIPT);
      if (!script.toFile().setExecutable(true)) {
        throw new IOException("cannot make " + script + " executable");
      }
      Files.writeString(directory.resolve("hooks.json"), hooks(services, script));
      WebhookScript webhook = new WebhookScript(scene, directory, freePort());
      webhook.start();
      return webhook;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static String hooks(List<String> services, Path script) {
    ArrayNode hooks = new JsonMapper().createArrayNode();
    for (String service : services) {
      ArrayNode arguments =
          hooks
              .addObject()
              .put("id", service)
              .put("execute-command", script.toString())
              .put("response-message", "accepted")
              .putArray("pass-arguments-to-command");
      arguments.addObject().put("source", "string").put("name", service);
      arguments.addObject().put("source", "payload").put("name", "push_data.tag");
    }
    return hooks.toPrettyString();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static String program() {
    return DebianPackages.webhook(step -> System.out.println("webhook: " + step)).toString();
  }

  /// Such as `webhook version 2.8.0`.
  static String version(Scene scene) throws InterruptedException {
    TimedLines lines = scene.start(List.of(program(), "-version"));
    lines.awaitEnd(Instant.now().plus(START));
    return lines.text().strip();
  }

  /// Starts the server, for the first time or again.
  void start() {
    TimedLines started =
        scene.start(
            List.of(
                program(),
                "-hooks",
                directory.resolve("hooks.json").toString(),
                "-ip",
                "127.0.0.1",
                "-port",
                String.valueOf(port),
                "-verbose"));
    server = started;
    Await.until(
        "a webhook that answers",
        START,
        () ->
            http.send(
                        HttpRequest.newBuilder(address("")).build(),
                        HttpResponse.BodyHandlers.discarding())
                    .statusCode()
                > 0,
        started::text);
  }

  /// Ends the server, as the end of its host would.
  void stop() {
    lines().close();
  }

  /// Of the server.
  long pid() {
    return lines().pid();
  }

  private TimedLines lines() {
    return Objects.requireNonNull(server);
  }

  private URI address(String path) {
    return URI.create("http://127.0.0.1:" + port + "/" + path);
  }

  @Override
  public Tool tool() {
    return Tool.WEBHOOK_SCRIPT;
  }

  @Override
  public Attempt push(String service, String tag) {
    Instant since = Instant.now();
    deliver(service, tag);
    return new Handled(lines(), service, tag, since);
  }

  /// Posts what Docker Hub does.
  ///
  /// @return whether it was accepted
  boolean deliver(String service, String tag) {
    HttpRequest request =
        HttpRequest.newBuilder(address("hooks/" + service))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    Delivery.of(PlaylistlogImages.REPOSITORY, tag, Instant.now()).json()))
            .build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200;
    } catch (IOException refused) {
      return false;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while delivering", interrupted);
    }
  }

  @Override
  public void close() {
    stop();
    http.close();
    try {
      Files.delete(directory.resolve("deploy"));
      Files.delete(directory.resolve("hooks.json"));
      Files.delete(directory);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /// A run of the script, in the server's log by its id.
  private record Handled(TimedLines lines, String service, String tag, Instant since)
      implements Attempt {

    @Override
    public Optional<Statement> await(Instant deadline) throws InterruptedException {
      Optional<String> id =
          lines
              .await(deadline, line -> !line.arrived().isBefore(since) && id(line.text()) != null)
              .map(line -> Objects.requireNonNull(id(line.text())));
      if (id.isEmpty()) {
        return Optional.empty();
      }
      return lines
          .await(
              deadline,
              line -> line.text().endsWith("[" + id.get() + "] finished handling " + service))
          .map(end -> new Statement(claim(id.get()), words(id.get()), end.arrived()));
    }

    private @Nullable String id(String line) {
      Matcher run =
          Pattern.compile(
                  "\\[(\\w+)] executing .*\""
                      + Pattern.quote(service)
                      + "\" \""
                      + Pattern.quote(tag)
                      + "\".*")
              .matcher(line);
      return run.find() ? run.group(1) : null;
    }

    private Claim claim(String id) {
      return output(id).contains("deployed " + tag) ? Claim.WENT_LIVE : Claim.DID_NOT_GO_LIVE;
    }

    private String words(String id) {
      Matcher error = Pattern.compile("\\[" + id + "] error occurred: (.*)").matcher(lines.text());
      return BareCommand.lastWords(output(id)) + (error.find() ? ", " + error.group(1) : "");
    }

    private String output(String id) {
      Matcher output =
          Pattern.compile("\\[" + id + "] command output: (.*?)(\n\\[webhook]|$)", Pattern.DOTALL)
              .matcher(lines.text());
      return output.find() ? output.group(1) : "";
    }

    /// The script's command may wait for ever.
    @Override
    public void close() {
      ProcessHandle.of(lines.pid())
          .ifPresent(
              server ->
                  server
                      .descendants()
                      .filter(process -> process.info().commandLine().orElse("").contains(service))
                      .forEach(ProcessHandle::destroyForcibly));
    }
  }
}
