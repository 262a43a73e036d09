package dev.waggle.faults;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import dev.waggle.function.ExecutionEnvironment;
import dev.waggle.function.RuntimeApi;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The function's jar under Lambda's own runtime client, as a handler that whoever has an event can
/// call.
final class FunctionProcess implements RequestStreamHandler, AutoCloseable {

  private static final String HANDLER = "dev.waggle.function.WebhookHandler::handleRequest";

  /// Longer than the function's own limit.
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final RuntimeApi api = new RuntimeApi();
  private final ExecutionEnvironment environment;

  /// @param folder an empty one, for the unpacked jar
  FunctionProcess(Path folder, Map<String, String> settings) {
    environment =
        new ExecutionEnvironment(
            ExecutionEnvironment.Deployment.unpack(
                ExecutionEnvironment.built("function.jar"), HANDLER, folder),
            api,
            settings);
    long _ = api.awaitReady(LONGEST);
  }

  @Override
  public void handleRequest(InputStream event, OutputStream answer, @Nullable Context context)
      throws IOException {
    RuntimeApi.Outcome outcome =
        api.invoke(new String(event.readAllBytes(), StandardCharsets.UTF_8), LONGEST);
    if (outcome.error() != null) {
      throw new IOException("the function failed: " + outcome.body());
    }
    answer.write(outcome.body().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    environment.close();
    api.close();
  }
}
