package dev.waggle.agent.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {

  @Test
  void readsOneAddressALine() {
    assertThat(
            Address.parse(
                List.of(
                    "# the team",
                    "slack https://hooks.slack.com/services/T0/B0/x",
                    "",
                    "  discord   https://discord.com/api/webhooks/1/x  ",
                    "ntfy https://ntfy.sh/waggle",
                    "cloudevents http://collector:8080/events bearer")))
        .containsExactly(
            address(2, Address.Kind.SLACK, "https://hooks.slack.com/services/T0/B0/x", null),
            address(4, Address.Kind.DISCORD, "https://discord.com/api/webhooks/1/x", null),
            address(5, Address.Kind.NTFY, "https://ntfy.sh/waggle", null),
            address(6, Address.Kind.CLOUDEVENTS, "http://collector:8080/events", "bearer"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          slak https://canary.example/canary             | unknown kind, did you mean slack?
          https://canary.example/canary                  | expected a kind before the address
          slack                                          | expected slack and an address
          slack https://canary.example/x canary          | expected slack and an address
          cloudevents https://canary.example/x a canary  | perhaps a token
          slack http://canary.example/canary             | expected https://
          slack http://8.8.8.8/canary                    | expected https://
          slack ftp://canary.example/canary              | expected https://
          slack canary                                   | with a host
          slack https://canary@canary.example/           | without user
          slack https://canary.example/x#canary          | without user or fragment
          slack https://canary.example/x{canary          | not an address
          ntfy https://canary.example/                   | expected a server and a topic
          ntfy https://canary.example/x?auth=canary      | expected a server and a topic
          cloudevents https://canary.example/x canäry    | the token has a character
          """)
  void saysWhatToDoAboutALineButNotWhatIsInIt(String line, String problem) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> Address.parse(List.of("# first", line)))
        .withMessageStartingWith("line 2: ")
        .withMessageContaining(problem)
        .withMessageNotContaining("canary")
        .withMessageNotContaining("canäry");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ntfy", "localhost", "127.0.0.1", "10.0.0.7", "192.168.1.7", "[::1]"})
  void allowsPlainHttpInOnesOwnNetwork(String host) {
    assertThat(Address.parse(List.of("ntfy http://" + host + ":8080/waggle"))).hasSize(1);
  }

  @Test
  void printsNeitherPathNorToken() {
    assertThat(address(1, Address.Kind.NTFY, "https://ntfy.sh/canary", "canary").toString())
        .isEqualTo("ntfy at ntfy.sh");
  }

  private static Address address(int line, Address.Kind kind, String uri, @Nullable String token) {
    return new Address(line, kind, URI.create(uri), Optional.ofNullable(token));
  }
}
