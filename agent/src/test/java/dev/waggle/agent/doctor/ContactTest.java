package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ContactTest {

  private static final Duration SOON = Duration.ofMillis(500);

  @Test
  void findsNothingInTheWayOfAServerThatListens() throws IOException {
    try (ServerSocket server = listening()) {
      assertThat(contact(server, false).obstacle(SOON)).isEmpty();
    }
  }

  @Test
  void findsThatNobodyListens() throws IOException {
    ServerSocket server = listening();
    server.close();

    assertThat(contact(server, false).obstacle(SOON))
        .hasValueSatisfying(reason -> assertThat(reason).contains("refused"));
  }

  @Test
  void findsThatAServerDoesNotSpeakTls() throws IOException {
    try (ServerSocket server = listening()) {
      assertThat(contact(server, true).obstacle(SOON)).isNotEmpty();
    }
  }

  private static ServerSocket listening() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  private static Contact contact(ServerSocket server, boolean encrypted) {
    return new Contact("slack in line 1", "127.0.0.1", server.getLocalPort(), encrypted);
  }
}
