package dev.waggle.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.waggle.agent.AgentConfiguration.InvalidConfigurationException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AgentConfigurationTest {

    private static final String QUEUE = "https://sqs.eu-north-1.amazonaws.com/123456789012/waggle.fifo";

    @Test
    void needsNothingButTheQueue() {
        assertThat(AgentConfiguration.from(Map.of("WAGGLE_QUEUE_URL", QUEUE, "PATH", "/bin")))
                .isEqualTo(
                        new AgentConfiguration(
                                URI.create(QUEUE), URI.create("unix:///var/run/docker.sock"),
                                Duration.ofMinutes(10), Optional.empty()));
    }

    @Test
    void readsEverySetting() {
        assertThat(
                AgentConfiguration.from(
                        Map.of(
                                "WAGGLE_QUEUE_URL",
                                QUEUE,
                                "DOCKER_HOST",
                                "tcp://socket-proxy:2375",
                                "WAGGLE_ROLLOUT_TIMEOUT",
                                "90s",
                                "WAGGLE_HEALTH_FILE",
                                "/tmp/health")))
                .isEqualTo(
                        new AgentConfiguration(
                                URI.create(QUEUE), URI.create("tcp://socket-proxy:2375"),
                                Duration.ofSeconds(90), Optional.of(Path.of("/tmp/health"))));
    }

    @Test
    void namesEverythingThatIsWrongAtOnce() {
        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(
                        () -> AgentConfiguration.from(
                                Map.of(
                                        "DOCKER_HOST",
                                        "ssh://droplet",
                                        "WAGGLE_ROLLOUT_TIMEOUT",
                                        "soon",
                                        "WAGGLE_QUEUE",
                                        QUEUE)))
                .withMessageContaining("WAGGLE_QUEUE_URL is not set")
                .withMessageContaining("DOCKER_HOST: expected unix://")
                .withMessageContaining("WAGGLE_ROLLOUT_TIMEOUT: expected a duration")
                .withMessageContaining("WAGGLE_QUEUE is unknown: did you mean WAGGLE_QUEUE_URL?");
    }

    @Test
    void refusesAQueueThatIsNotFifoAndATimeoutThatSqsCannotKeep() {
        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(
                        () -> AgentConfiguration.from(
                                Map.of(
                                        "WAGGLE_QUEUE_URL",
                                        "https://sqs.eu-north-1.amazonaws.com/1/waggle",
                                        "WAGGLE_ROLLOUT_TIMEOUT",
                                        "12h")))
                .withMessageContaining("WAGGLE_QUEUE_URL: expected the FIFO queue's URL")
                .withMessageContaining("WAGGLE_ROLLOUT_TIMEOUT");
    }
}
