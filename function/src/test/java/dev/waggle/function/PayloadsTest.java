package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The verdict on everything that Docker Hub is known to have sent.
class PayloadsTest {
  private static final String DIGEST = "sha256:" + "a".repeat(64);

  /// Every repository in the payloads is ours, and its tags are in the registry.
  private static final String OURS =
      "svendowideit/testhook,csanchez/jenkins-swarm-slave,busybox,"
          + "flowcommerce/fulfillment:0.*,vauxoo/urlshortener,yupeek/maiev:scaler_*,"
          + "karolisr/keel:?.?.?,bluebrown/busybox,svendowideit/busybox,maccyber/testhook,"
          + "example/repo:v*";

  private static final Map<String, String> VERDICTS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("2014-12-02-svendowideit-testhook-1.json", "no tag svendowideit/testhook"),
              Map.entry(
                  "2015-04-14-csanchez-jenkins-swarm-slave.json",
                  "no tag csanchez/jenkins-swarm-slave"),
              Map.entry("2015-04-14-library-busybox.json", "no tag library/busybox"),
              Map.entry(
                  "2016-02-02-flowcommerce-fulfillment-private.json",
                  "unproven flowcommerce/fulfillment:0.0.4 2016-02-02T15:12:25Z"),
              Map.entry(
                  "2016-04-17-vauxoo-urlshortener.json",
                  "accepted vauxoo/urlshortener:latest 2016-04-17T01:13:39Z"),
              Map.entry(
                  "2017-06-07-yupeek-maiev.json",
                  "accepted yupeek/maiev:scaler_docker-1.0.2 2017-06-07T14:27:38Z"),
              Map.entry(
                  "2017-06-14-karolisr-keel.json",
                  "accepted karolisr/keel:0.1.7 2017-06-14T19:14:20Z"),
              Map.entry(
                  "2022-12-17-bluebrown-busybox-manifest-list.json",
                  "accepted bluebrown/busybox:latest 2022-12-17T20:06:02Z"),
              Map.entry(
                  "docs-2022-onwards-example.json",
                  "accepted svendowideit/testhook:latest 2014-12-03T00:22:41Z"),
              Map.entry("docs-2015-example-docker-push.json", "no tag svendowideit/busybox"),
              Map.entry("docs-2014-derived-comment-count-string.json", "no tag maccyber/testhook"),
              Map.entry(
                  "template-2013-no-callback-no-tag.json", "not a delivery: repository.repo_name"),
              Map.entry(
                  "synthetic-minimal-media-type-container-image.json",
                  "accepted example/repo:v1.0.0 null"),
              Map.entry("callback-body-docs-2014-2024.json", "not a delivery: repository"),
              Map.entry(
                  "hubapi-tag-2024-oci-index-with-attestation.json", "not a delivery: repository"),
              Map.entry(
                  "hubapi-tag-2026-old-tag-without-digest.json", "not a delivery: repository")));

  static Stream<Arguments> payloads() {
    return VERDICTS.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void hasTheExpectedVerdict(String file, String expected) {
    Registry.Finding.Found found = new Registry.Finding.Found(new Digest(DIGEST));
    KnownTags registry =
        new KnownTags()
            .knowing("vauxoo/urlshortener", "latest", found)
            .knowing("yupeek/maiev", "scaler_docker-1.0.2", found)
            .knowing("karolisr/keel", "0.1.7", found)
            .knowing("bluebrown/busybox", "latest", found)
            .knowing("svendowideit/testhook", "latest", found)
            .knowing("example/repo", "v1.0.0", found)
            .knowing(
                "flowcommerce/fulfillment",
                "0.0.4",
                new Registry.Finding.Unproven(Registry.Doubt.PRIVATE));
    Configuration configuration =
        Configuration.from(
            Map.of(
                "WAGGLE_TOKEN_SHA256",
                Sha256.hex("token"),
                "WAGGLE_REPOSITORIES",
                OURS,
                "WAGGLE_QUEUE_URL",
                "https://sqs.eu-central-1.amazonaws.com/1/waggle.fifo"));
    String body = Resources.text("payloads/" + file);
    Judge judge =
        new Judge(
            configuration,
            registry,
            PushRecords.NONE,
            new QueueInMemory(),
            _ -> {},
            soonAfter(body));
    Request request = new Request(DeliveryId.of(null), "token", body, false);
    assertThat(summary(judge.judge(request, new Waits()))).isEqualTo(expected);
  }

  /// On the day of the delivery.
  private static Clock soonAfter(String body) {
    long pushed = Resources.json(body).at("/push_data/pushed_at").asLong();
    return Clock.fixed(Instant.ofEpochSecond(pushed + 2), ZoneOffset.UTC);
  }

  private static String summary(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Accepted(_, PushMessage push) -> "accepted " + summary(push);
      case Verdict.AcceptedUnproven(_, PushMessage push, _) -> "unproven " + summary(push);
      case Verdict.NoTag(_, Repository repository) -> "no tag " + repository;
      case Verdict.NotADelivery(_, String field, _) -> "not a delivery: " + field;
      default -> verdict.toString();
    };
  }

  private static String summary(PushMessage push) {
    return push.repository() + ":" + push.tag() + " " + push.time().at();
  }

  @Test
  void everyPayloadHasAVerdict() {
    assertThat(Resources.payloads().map(name -> name.substring("payloads/".length())))
        .containsExactlyInAnyOrderElementsOf(VERDICTS.keySet());
  }
}
