package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChallengeTest {
    private static Challenge challenge(String realm) {
        return Challenge.parse("Bearer realm=\"" + realm + "\",service=\"registry.docker.io\"")
                .orElseThrow();
    }

    @Test
    void asksDockerHubForATokenAsItWantsToBeAsked() {
        var challenge = Challenge.parse(
                "Bearer realm=\"https://auth.docker.io/token\","
                        + "service=\"registry.docker.io\",scope=\"repository:vorce/playlistlog:pull,push\"")
                .orElseThrow();
        assertThat(challenge.belongsTo(URI.create("https://registry-1.docker.io"))).isTrue();
        assertThat(challenge.tokenAddress(new Repository("vorce/playlistlog"))).hasToString(
                "https://auth.docker.io/token?service=registry.docker.io"
                        + "&scope=repository%3Avorce%2Fplaylistlog%3Apull");
    }

    @Test
    void keepsTheRealmsQuery() {
        assertThat(
                challenge("https://auth.docker.io/token?a=b")
                        .tokenAddress(new Repository("vorce/playlistlog"))
                        .getRawQuery())
                .startsWith("a=b&service=registry.docker.io&scope=");
    }

    @ParameterizedTest
    @CsvSource({"https://auth.docker.io/token,https://registry-1.docker.io",
            "https://docker.io/token,https://registry-1.docker.io",
            "https://AUTH.DOCKER.IO/token,https://registry-1.docker.io",
            "https://registry.example.co.uk/token,https://registry.example.co.uk",
            "https://auth.example.co.uk/token,https://registry.example.co.uk",
            "https://ghcr.io/token,https://ghcr.io", "https://10.0.0.1:8443/token,https://10.0.0.1",
            "http://127.0.0.1:5001/token,http://127.0.0.1:5000",
            "https://127.0.0.1:5001/token,http://127.0.0.1:5000"})
    void trustsARealmOfTheRegistrysOwn(String realm, URI registry) {
        assertThat(challenge(realm).belongsTo(registry)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"http://auth.docker.io/token,https://registry-1.docker.io",
            "http://registry-1.docker.io/token,https://registry-1.docker.io",
            "http://auth.docker.io/token,http://registry-1.docker.io",
            "https://auth.docker.io:8443/token,https://registry-1.docker.io",
            "https://auth.docker.io.evil.example/token,https://registry-1.docker.io",
            "https://evildocker.io/token,https://registry-1.docker.io",
            "https://169.254.169.254/latest,https://registry-1.docker.io",
            "https://evil.io/token,https://ghcr.io",
            "https://evil.co.uk/token,https://registry.co.uk",
            "https://10.0.0.2/token,https://10.0.0.1", "https://[::2]/token,https://[::1]",
            "file://registry-1.docker.io/etc/passwd,https://registry-1.docker.io"})
    void trustsNoOther(String realm, URI registry) {
        assertThat(challenge(realm).belongsTo(registry)).isFalse();
    }

    @Test
    void takesNoRealmThatIsNotPlain() {
        assertThat(Challenge.parse("Bearer realm=\"https://auth.docker.io@evil.example/token\""))
                .isEmpty();
        assertThat(Challenge.parse("Bearer realm=\"https://auth.docker.io/#x\"")).isEmpty();
        assertThat(Challenge.parse("Bearer realm=\"https://auth.docker.io:99999/\"")).isEmpty();
        assertThat(
                Challenge
                        .parse("Bearer realm=\"https://auth.docker.io/" + "x".repeat(2_048) + "\""))
                .isEmpty();
    }
}
