package dev.waggle.chain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.testhost.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/// What a part of the chain has logged: JSON lines, in order.
public final class LogLines {

  private final JsonMapper json = new JsonMapper();
  private final List<JsonNode> lines = new CopyOnWriteArrayList<>();
  private final List<String> others = new CopyOnWriteArrayList<>();

  /// Adds every line of a process until it ends.
  ///
  /// @return the thread that does; not a virtual one, which would keep its carrier as long as the
  ///   process is silent
  Thread startReading(Process process) {
    return Thread.ofPlatform().daemon().start(() -> readFrom(process));
  }

  private void readFrom(Process process) {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      output.lines().forEach(this::add);
    } catch (IOException | UncheckedIOException ended) {
      // The log ends with the process.
    }
  }

  void add(String line) {
    try {
      lines.add(json.readTree(line));
    } catch (JsonProcessingException notJson) {
      others.add(line);
    }
  }

  /// Every line that is JSON.
  public List<JsonNode> all() {
    return List.copyOf(lines);
  }

  /// Every line that is something else: of which there should be none.
  public List<String> notJson() {
    return List.copyOf(others);
  }

  /// Waits for the first line of a kind.
  ///
  /// @param alive whether more lines may come
  /// @throws IllegalStateException with everything that was logged, if none comes
  JsonNode await(
      String description, Duration longest, BooleanSupplier alive, Predicate<JsonNode> kind) {
    Await.until(
        description,
        longest,
        () -> first(kind).isPresent() || !alive.getAsBoolean(),
        this::everything);
    return first(kind)
        .orElseThrow(
            () -> new IllegalStateException("ended without " + description + ": " + everything()));
  }

  private String everything() {
    return lines + "\n" + String.join("\n", others);
  }

  private Optional<JsonNode> first(Predicate<JsonNode> kind) {
    return lines.stream().filter(kind).findFirst();
  }
}
