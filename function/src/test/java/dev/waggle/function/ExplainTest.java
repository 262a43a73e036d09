package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplainTest {
  private static final String REAL =
      Resources.text("payloads/2022-12-17-bluebrown-busybox-manifest-list.json");
  private static final String ON_THE_DAY = "2022-12-17T20:06:04.5Z";

  private final FakeRegistry registry =
      new FakeRegistry().holding("bluebrown/busybox", "latest", Verdicts.DIGEST).withTokens();
  private final FakeHub hub = new FakeHub();
  private final Map<String, String> environment =
      new HashMap<>(
          Map.of(
              "WAGGLE_REGISTRY_URL",
              registry.base().toString(),
              "WAGGLE_HUB_URL",
              hub.base().toString()));

  @TempDir private Path folder;

  /// What the command printed and how it ended.
  private record Ending(int status, String out, String err) {}

  @AfterEach
  void close() {
    registry.close();
    hub.close();
  }

  private Ending explain(String in, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Explain.run(
            List.of(arguments),
            environment,
            new ByteArrayInputStream(in.getBytes(UTF_8)),
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8));
    return new Ending(status, out.toString(UTF_8), err.toString(UTF_8));
  }

  @Test
  void saysStepByStepWhyAPushIsAccepted() throws IOException {
    hub.holding(
        "bluebrown",
        "busybox",
        "latest",
        """
        {"digest":"%s","tag_last_pushed":"2022-12-17T20:06:02.25Z"}\
        """
            .formatted(Verdicts.DIGEST));
    environment.put("WAGGLE_REPOSITORIES", "vorce/site,bluebrown/busybox:lat*");
    Path file = Files.writeString(folder.resolve("delivery.json"), REAL);
    assertThat(explain("", "explain", "--at", ON_THE_DAY, file.toString()))
        .isEqualTo(
            new Ending(
                0,
                """
                token       not looked at: it is in the webhook's address, not in the delivery
                shape       passed: bluebrown/busybox:latest, pushed at 2022-12-17T20:06:02.250Z
                repository  passed: WAGGLE_REPOSITORIES has it, and wants the tag
                registry    passed: the tag names DIGEST
                time        confirmed: Docker Hub recorded the push
                queue       nothing sent, as this only explains

                verdict     accepted: push accepted
                answer      202 {"verdict":"accepted","deliveryId":"explained","repository":"bluebrown/busybox","tag":"latest","digest":"DIGEST","evidence":"confirmed"}
                message     {"version":1,"deliveryId":"explained","repository":"bluebrown/busybox","tag":"latest","digest":"DIGEST","pushedAt":"2022-12-17T20:06:02.250Z","evidence":"confirmed","acceptedAt":"2022-12-17T20:06:04.500Z"}
                group       bluebrown/busybox
                dedup id    DEDUP
                to do       nothing
                """
                    .replace("DIGEST", Verdicts.DIGEST.value())
                    .replace(
                        "DEDUP",
                        Sha256.hex(
                            "bluebrown/busybox\nlatest\n"
                                + Verdicts.DIGEST
                                + "\n2022-12-17T20:06:02.250Z")),
                ""));
  }

  @Test
  void takesTheDeliveryToHaveComeNow() {
    assertThat(explain(REAL, "explain"))
        .satisfies(
            ending -> {
              assertThat(ending.status()).isEqualTo(1);
              assertThat(ending.out())
                  .contains(
                      "repository  not looked at: WAGGLE_REPOSITORIES is not set here",
                      "time        failed: contradicted: the push is more than a day old",
                      "queue       not reached",
                      "verdict     refused: push contradicted",
                      "answer      409 ",
                      "A delivery that came earlier is explained with --at TIME.");
            });
  }

  @Test
  void countsTheSettingsAsTheFunctionDoes() {
    environment.put("WAGGLE_CONTRADICTED_PUSHES", "mark");
    assertThat(explain(REAL, "explain", "-").status()).isZero();
    environment.put("WAGGLE_REPOSITORIES", "vorce/playlistlog");
    assertThat(explain(REAL, "explain"))
        .satisfies(
            ending -> {
              assertThat(ending.status()).isEqualTo(1);
              assertThat(ending.out())
                  .contains(
                      "shape       passed\n",
                      "repository  failed: WAGGLE_REPOSITORIES does not have it",
                      "registry    not reached",
                      "to do       if it is yours, add it to WAGGLE_REPOSITORIES");
            });
  }

  @Test
  void saysWhichFieldIsWrong() {
    assertThat(explain("{\"repository\":{},\"push_data\":{\"tag\":NaN}}", "explain"))
        .satisfies(
            ending -> {
              assertThat(ending.status()).isEqualTo(1);
              assertThat(ending.out())
                  .contains("shape       failed: push_data.tag, expected well-formed JSON");
            });
    assertThat(explain(" ".repeat(Body.MAX_BYTES) + REAL, "explain").out())
        .contains("shape       failed: more than 262144 bytes", "answer      413 ");
  }

  @Test
  void saysThatDockerHubLimitsUs() {
    hub.misbehaving(exchange -> FakeRegistry.respond(exchange, 429, "{}"));
    assertThat(explain(REAL, "explain", "--at", ON_THE_DAY).out())
        .contains(
            "time        unknown: Docker Hub limits our rate\n",
            "\"evidence\":\"unknown\",\"limited\":true,");
  }

  @Test
  void saysThatWhatIsKnownIsOlderThanThePush() {
    hub.holding(
        "bluebrown",
        "busybox",
        "latest",
        """
        {"digest":"%s","tag_last_pushed":"2022-12-17T19:00:00Z"}\
        """
            .formatted(Verdicts.DIGEST));
    assertThat(explain(REAL, "explain", "--at", ON_THE_DAY).out())
        .contains(
            "time        unknown: Docker Hub recorded an earlier push; what is known of the tag is"
                + " older than the push, so that the agent looks again\n",
            "\"evidence\":\"unknown\",\"lookAgain\":true,");
  }

  @Test
  void saysThatTheTagIsNotThere() {
    assertThat(explain(REAL.replace("\"latest\"", "\"gone\""), "explain", "--at", ON_THE_DAY))
        .satisfies(
            ending -> {
              assertThat(ending.status()).isEqualTo(1);
              assertThat(ending.out())
                  .contains(
                      "registry    failed: it knows no such tag",
                      "verdict     ignored: tag not in the registry",
                      "to do       if the tag should be there, push it again");
            });
  }

  @Test
  void saysThatAChartIsNotAnImage() {
    String chart =
        """
        {"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json"}}\
        """;
    registry.holding(
        "bluebrown/busybox", "latest", "application/vnd.oci.image.manifest.v1+json", chart);
    assertThat(explain(REAL, "explain", "--at", ON_THE_DAY))
        .satisfies(
            ending -> {
              assertThat(ending.status()).isEqualTo(1);
              assertThat(ending.out())
                  .contains(
                      "registry    failed: the tag names sha256:"
                          + Sha256.hex(chart)
                          + ", which is not an image",
                      "time        not reached",
                      "verdict     ignored: not an image",
                      "to do       nothing: signatures and charts are kept beside images");
            });
  }

  @Test
  void saysThatASignatureIsNotAnImageByItsTag() {
    String signature = "\"sha256-" + "a".repeat(64) + ".sig\"";
    assertThat(explain(REAL.replace("\"latest\"", signature), "explain").out())
        .contains(
            "repository  failed: the tag is one of a signature, an attestation or the like",
            "registry    not reached");
    assertThat(registry.asked()).isEmpty();
  }

  @Test
  void saysHowItIsUsed() {
    for (List<String> arguments :
        List.of(
            List.<String>of(),
            List.of("--help"),
            List.of("explain", "--help"),
            List.of("explain", "a", "b"))) {
      assertThat(explain(REAL, arguments.toArray(String[]::new)))
          .satisfies(
              ending -> {
                assertThat(ending.status()).isEqualTo(2);
                assertThat(ending.out()).isEmpty();
                assertThat(ending.err()).startsWith("usage: java -jar function.jar explain");
              });
    }
  }

  @Test
  void saysWhatItCannotExplain() {
    assertThat(explain(REAL, "explain", "--at", "yesterday").err())
        .isEqualTo("--at takes a time like 2026-11-01T10:00:00Z\n");
    assertThat(explain(REAL, "explain", "--at").status()).isEqualTo(2);
    assertThat(explain("", "explain", folder.resolve("none").toString()))
        .satisfies(
            ending -> {
              assertThat(ending.status()).isEqualTo(2);
              assertThat(ending.err()).contains("the delivery cannot be read: ", "NoSuchFile");
            });
    environment.put("WAGGLE_CONTRADICTED_PUSHES", "perhaps");
    assertThat(explain(REAL, "explain"))
        .satisfies(
            ending -> {
              assertThat(ending.status()).isEqualTo(2);
              assertThat(ending.err())
                  .contains("WAGGLE_CONTRADICTED_PUSHES is neither refuse nor mark");
            });
  }
}
