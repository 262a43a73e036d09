package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What the function writes is, byte for byte, what the agent's tests read.
class ContractTest {
    private static final Digest DIGEST = new Digest(
            "sha256:e58fcf7418d4390dec8e8fb69d88c06ec07039d651fedd3aa72af9972e7d046b");
    private static final Instant PUSHED = Instant.parse("2026-11-01T10:00:00Z");

    private static PushMessage push(
            String repository,
            String tag,
            @Nullable Digest digest,
            @Nullable Instant pushedAt) {
        return new PushMessage(new DeliveryId("JKJaXmPLvHcESHA="), new Repository(repository),
                new Tag(tag), digest, pushedAt, Instant.parse("2026-11-01T10:00:02.123456789Z"));
    }

    private static void assertGolden(String file, PushMessage push) {
        assertThat(push.json() + "\n").isEqualTo(Resources.text("contract/" + file));
    }

    @Test
    void writesAProvenPush() {
        assertGolden("push.json", push("vorce/playlistlog", "2", DIGEST, PUSHED));
    }

    @Test
    void writesAnUnprovenPushWithoutADigest() {
        assertGolden("push-unproven.json", push("vorce/playlistlog", "2", null, PUSHED));
    }

    @Test
    void writesAnOfficialImageAsItsRegistryDoes() {
        assertGolden(
                "push-official-image.json",
                push("library/busybox", "latest", DIGEST, PUSHED));
    }

    @Test
    void writesAPushWithoutItsTime() {
        assertGolden("push-without-time.json", push("vorce/playlistlog", "2", DIGEST, null));
    }

    @Test
    void tellsPushesApartByWhatWasPushed() {
        var push = push("vorce/playlistlog", "2", DIGEST, PUSHED);
        assertThat(push("vorce/playlistlog", "2", DIGEST, null).identity())
                .isEqualTo(push.identity());
        assertThat(
                push("vorce/playlistlog", "2", new Digest("sha256:" + "0".repeat(64)), PUSHED)
                        .identity())
                .isNotEqualTo(push.identity());
        assertThat(push("vorce/playlistlog", "latest", DIGEST, PUSHED).identity())
                .isNotEqualTo(push.identity());
        assertThat(push("vorce/site", "2", DIGEST, PUSHED).identity())
                .isNotEqualTo(push.identity());
    }

    @Test
    void tellsUnprovenPushesApartByTheirTimeAndElseByTheirDelivery() {
        var push = push("vorce/playlistlog", "2", null, PUSHED);
        assertThat(push("vorce/playlistlog", "2", null, PUSHED.plusSeconds(1)).identity())
                .isNotEqualTo(push.identity());
        assertThat(push("vorce/playlistlog", "2", null, null).identity())
                .contains("JKJaXmPLvHcESHA=");
    }
}
