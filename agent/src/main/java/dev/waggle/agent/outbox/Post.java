package dev.waggle.agent.outbox;

import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Posts a letter, once. `HttpURLConnection` is loaded for the queue already; another client would
/// cost memory.
final class Post {

  private static final int TOO_MANY_REQUESTS = 429;

  /// Of a wait that the other side asks for; behind a longer one too much would queue.
  private static final Duration MAX_WAIT = Duration.ofMinutes(10);

  private final Duration maxAnswer;

  /// What became of the letter. A reason is never an exception's own text, since that may name the
  /// address.
  sealed interface Answer {

    /// It was taken.
    record Taken() implements Answer {}

    /// It may be taken later.
    ///
    /// @param pause what the other side asks for, empty if nothing
    record NotNow(String reason, Optional<Duration> pause) implements Answer {}

    /// It will not be taken.
    record Never(String reason) implements Answer {}
  }

  /// @param maxAnswer how long connecting, and then the answer, may take
  Post(Duration maxAnswer) {
    this.maxAnswer = maxAnswer;
  }

  Answer send(Letter letter, Optional<String> token) {
    try {
      HttpURLConnection connection = (HttpURLConnection) letter.uri().toURL().openConnection();
      try {
        return send(connection, letter, token);
      } finally {
        connection.disconnect();
      }
    } catch (SocketTimeoutException slow) {
      return notNow("no answer in time");
    } catch (ConnectException refused) {
      return notNow("no connection");
    } catch (UnknownHostException unknown) {
      return notNow("unknown host");
    } catch (SSLException untrusted) {
      return notNow("no trusted connection");
    } catch (IOException broken) {
      return notNow("broken connection");
    }
  }

  private Answer send(HttpURLConnection connection, Letter letter, Optional<String> token)
      throws IOException {
    byte[] bytes = letter.bytes();
    connection.setRequestMethod("POST");
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setConnectTimeout((int) maxAnswer.toMillis());
    connection.setReadTimeout((int) maxAnswer.toMillis());
    connection.setDoOutput(true);
    // Without it the JDK would send a second time by itself when a connection breaks.
    connection.setFixedLengthStreamingMode(bytes.length);
    connection.setRequestProperty("Content-Type", letter.contentType());
    connection.setRequestProperty("User-Agent", "waggle");
    token.ifPresent(bearer -> connection.setRequestProperty("Authorization", "Bearer " + bearer));
    try (OutputStream out = connection.getOutputStream()) {
      out.write(bytes);
    }
    int status = connection.getResponseCode();
    if (status / 100 == 2) {
      return new Answer.Taken();
    }
    String reason = "HTTP status " + status;
    return switch (status / 100) {
      case 3 -> new Answer.Never(reason + ": redirects are not followed");
      case 5 -> new Answer.NotNow(reason, parseWait(connection.getHeaderField("Retry-After")));
      default ->
          status == TOO_MANY_REQUESTS
              ? new Answer.NotNow(reason, parseWait(connection.getHeaderField("Retry-After")))
              : new Answer.Never(reason);
    };
  }

  /// The seconds of a `Retry-After`; a date is as good as nothing, since clocks differ.
  static Optional<Duration> parseWait(@Nullable String seconds) {
    if (seconds == null || !seconds.matches("[0-9]{1,9}")) {
      return Optional.empty();
    }
    Duration wait = Duration.ofSeconds(Long.parseLong(seconds));
    return Optional.of(wait.compareTo(MAX_WAIT) > 0 ? MAX_WAIT : wait);
  }

  private static Answer notNow(String reason) {
    return new Answer.NotNow(reason, Optional.empty());
  }
}
