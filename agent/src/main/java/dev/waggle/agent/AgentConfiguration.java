package dev.waggle.agent;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The agent's settings. Region, credentials and endpoint of the queue are not among them: the AWS
/// SDK reads its own variables.
///
/// @param queueUrl the address of the FIFO queue
/// @param dockerHost the engine's address
/// @param rolloutTimeout how long one service's rollout may take
record AgentConfiguration(URI queueUrl, URI dockerHost, Duration rolloutTimeout) {

    private static final String PREFIX = "WAGGLE_";
    private static final Duration LONGEST_TIMEOUT = Duration.ofHours(11);

    /// A setting as the README lists it.
    ///
    /// @param variable the environment variable
    /// @param byDefault what holds when it is not set, empty if it must be
    record Setting(String variable, String byDefault) {}

    static final Setting QUEUE_URL = new Setting("WAGGLE_QUEUE_URL", "");
    static final Setting DOCKER_HOST = new Setting("DOCKER_HOST", "unix:///var/run/docker.sock");
    static final Setting ROLLOUT_TIMEOUT = new Setting("WAGGLE_ROLLOUT_TIMEOUT", "10m");
    static final List<Setting> SETTINGS = List.of(QUEUE_URL, DOCKER_HOST, ROLLOUT_TIMEOUT);

    /// The settings do not hold together; the message names every one that does not, and what
    /// to do.
    static final class InvalidConfigurationException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        InvalidConfigurationException(List<String> problems) {
            super(String.join("; ", problems));
        }
    }

    /// @throws InvalidConfigurationException naming all that is wrong at once
    static AgentConfiguration from(Map<String, String> environment) {
        Reader reader = new Reader(environment);
        URI queueUrl = reader.read(
                QUEUE_URL,
                AgentConfiguration::queueUrl,
                "the FIFO queue's URL, https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.fifo");
        URI dockerHost = reader.read(
                DOCKER_HOST,
                AgentConfiguration::dockerHost,
                "unix:///path/of/docker.sock or tcp://host:port");
        Duration timeout = reader.read(
                ROLLOUT_TIMEOUT,
                AgentConfiguration::duration,
                "a duration such as 90s or 10m, at most 11h: SQS hides a message for 12 hours in all");
        reader.refuseUnknown();
        if (!reader.problems.isEmpty() || queueUrl == null || dockerHost == null
                || timeout == null) {
            throw new InvalidConfigurationException(reader.problems);
        }
        return new AgentConfiguration(queueUrl, dockerHost, timeout);
    }

    private static URI queueUrl(String text) {
        URI url = URI.create(text);
        if (url.getHost() == null || !text.endsWith(".fifo")) {
            throw new IllegalArgumentException("not a FIFO queue's URL");
        }
        return url;
    }

    private static URI dockerHost(String text) {
        try {
            URI host = new URI(text);
            if (!Set.of("unix", "tcp").contains(String.valueOf(host.getScheme()))) {
                throw new IllegalArgumentException("not an engine's address");
            }
            return host;
        } catch (URISyntaxException notAnAddress) {
            throw new IllegalArgumentException(notAnAddress);
        }
    }

    private static Duration duration(String text) {
        Duration duration = Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
        if (!duration.isPositive() || duration.compareTo(LONGEST_TIMEOUT) > 0) {
            throw new IllegalArgumentException("out of range");
        }
        return duration;
    }

    private static final class Reader {

        private final Map<String, String> environment;
        private final List<String> problems = new ArrayList<>();

        Reader(Map<String, String> environment) {
            this.environment = environment;
        }

        <T> @Nullable T read(Setting setting, Function<String, T> type, String expected) {
            String text = environment.getOrDefault(setting.variable(), setting.byDefault());
            if (text.isEmpty()) {
                problems.add(setting.variable() + " is not set: expected " + expected);
                return null;
            }
            try {
                return type.apply(text);
            } catch (IllegalArgumentException | DateTimeParseException wrong) {
                problems.add(setting.variable() + ": expected " + expected);
                return null;
            }
        }

        /// A misspelt setting would silently be the default.
        void refuseUnknown() {
            List<String> known = SETTINGS.stream()
                    .map(Setting::variable)
                    .filter(name -> name.startsWith(PREFIX))
                    .toList();
            for (String name : new TreeSet<>(environment.keySet())) {
                if (name.startsWith(PREFIX) && !known.contains(name)) {
                    problems.add(
                            name + " is unknown: did you mean "
                                    + known.stream()
                                            .min(
                                                    Comparator.comparingInt(
                                                            other -> distance(name, other)))
                                            .orElseThrow()
                                    + "?");
                }
            }
        }

        /// How many letters must be changed, added or dropped to turn one name into the
        /// other (Levenshtein).
        private static int distance(String one, String other) {
            int[] row = new int[other.length() + 1];
            for (int j = 0; j <= other.length(); j++) {
                row[j] = j;
            }
            for (int i = 1; i <= one.length(); i++) {
                int diagonal = row[0];
                row[0] = i;
                for (int j = 1; j <= other.length(); j++) {
                    int substitution = diagonal
                            + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                    diagonal = row[j];
                    row[j] = Math.min(substitution, Math.min(row[j], row[j - 1]) + 1);
                }
            }
            return row[other.length()];
        }
    }
}
