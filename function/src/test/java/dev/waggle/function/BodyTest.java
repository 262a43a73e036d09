package dev.waggle.function;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import org.junit.jupiter.api.Test;

class BodyTest {
  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  @Test
  void readsABodyEncodedOrNot() {
    assertThat(Body.of("{\"ä\":1}", false)).isEqualTo(new Body.Text("{\"ä\":1}"));
    assertThat(Body.of(base64("{\"ä\":1}".getBytes(UTF_8)), true))
        .isEqualTo(new Body.Text("{\"ä\":1}"));
  }

  @Test
  void countsBytesBeforeAndAfterDecoding() {
    String full = "x".repeat(Body.MAX_BYTES);
    assertThat(Body.of(full, false)).isEqualTo(new Body.Text(full));
    assertThat(Body.of(full + "x", false)).isEqualTo(new Body.Oversized());
    assertThat(Body.of("ä".repeat(Body.MAX_BYTES / 2 + 1), false)).isEqualTo(new Body.Oversized());
    assertThat(Body.of(base64(full.getBytes(UTF_8)), true)).isEqualTo(new Body.Text(full));
    assertThat(Body.of(base64((full + "x").getBytes(UTF_8)), true)).isEqualTo(new Body.Oversized());
    assertThat(Body.of(base64(new byte[Body.MAX_BYTES * 2]), true)).isEqualTo(new Body.Oversized());
  }

  @Test
  void refusesWhatIsNoText() {
    assertThat(Body.of(null, false)).isEqualTo(new Body.Unreadable("a JSON object"));
    assertThat(Body.of("{}", true))
        .isEqualTo(new Body.Unreadable("base64, as the event says it is"));
    assertThat(Body.of(base64("ä".getBytes(ISO_8859_1)), true))
        .isEqualTo(new Body.Unreadable("text in UTF-8"));
    assertThat(Body.of("{\"a\":\"\ud800\"}", false))
        .isEqualTo(new Body.Unreadable("text without unpaired surrogates"));
  }

  @Test
  void saysSoOfAByteOrderMark() {
    Body expected = new Body.Unreadable("text without a byte order mark");
    assertThat(Body.of("\uFEFF{}", false)).isEqualTo(expected);
    assertThat(Body.of(base64("\uFEFF{}".getBytes(UTF_8)), true)).isEqualTo(expected);
  }
}
