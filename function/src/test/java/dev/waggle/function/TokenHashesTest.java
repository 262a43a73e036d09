package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenHashesTest {
  private static final String NEW = Sha256.hex("new-token");
  private static final String OLD = Sha256.hex("old-token");

  @Test
  void hashesAsTheDocumentedCommandDoes() { // echo -n new-token | sha256sum
    assertThat(NEW).isEqualTo("348e9df2a42bd6e3c6356ca9c95c5f1fe9a6b3e5cd25f4ae58df0f09049c3209");
  }

  @Test
  void tellsWhichTokenItWasDuringARotation() {
    TokenHashes hashes = TokenHashes.parse(NEW + "," + OLD.toUpperCase(Locale.ROOT));
    assertThat(hashes.match("new-token")).hasValue(TokenHashes.Match.FIRST);
    assertThat(hashes.match("old-token")).hasValue(TokenHashes.Match.SECOND);
    assertThat(hashes.match("other-token")).isEmpty();
  }

  @Test
  void letsTheOldTokenGoAfterARotation() {
    TokenHashes hashes = TokenHashes.parse(" " + NEW + "\n");
    assertThat(hashes.match("new-token")).hasValue(TokenHashes.Match.FIRST);
    assertThat(hashes.match("old-token")).isEmpty();
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "new-toke",
        "new-tokens",
        "new-token ",
        " new-token",
        "New-token",
        "new%2Dtoken",
        "new-tokennew-token",
        "new-token/new-token"
      })
  void matchesNothingButTheTokenItself(@Nullable String token) {
    assertThat(TokenHashes.parse(NEW).match(token)).isEmpty();
  }

  @Test
  void takesNoTokenThatIsOverlong() {
    String longest = "t".repeat(512);
    String overlong = "t".repeat(513);
    TokenHashes hashes = TokenHashes.parse(Sha256.hex(longest) + "," + Sha256.hex(overlong));
    assertThat(hashes.match(longest)).hasValue(TokenHashes.Match.FIRST);
    assertThat(hashes.match(overlong)).isEmpty();
  }

  @Test
  void refusesSettingsWithoutRepeatingThem() {
    String short63 = NEW.substring(1);
    assertRefused(short63, "not 64 hexadecimal digits", short63);
    assertRefused(NEW + ",", "not 64 hexadecimal digits", NEW);
    assertRefused(NEW + "," + OLD + "," + Sha256.hex("x"), "3 hashes", NEW);
    assertRefused(NEW + "," + NEW, "the same hash twice", NEW);
    assertRefused(Sha256.hex(""), "the hash of an empty token", Sha256.hex(""));
  }

  private static void assertRefused(String setting, String problem, String secret) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenHashes.parse(setting))
        .withMessageContaining(problem)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain(secret));
  }

  @Test
  void printsNoHash() {
    assertThat(TokenHashes.parse(NEW)).hasToString("TokenHashes[1, redacted]");
  }
}
