package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChallengeTest {
  private static Challenge challenge(String realm) {
    return Challenge.parse("Bearer realm=\"" + realm + "\",service=\"registry.docker.io\"")
        .orElseThrow();
  }

  @Test
  void asksDockerHubForATokenAsItWantsToBeAsked() {
    Challenge challenge =
        Challenge.parse(
                "Bearer realm=\"https://auth.docker.io/token\","
                    + "service=\"registry.docker.io\",scope=\"repository:vorce/playlistlog:pull,push\"")
            .orElseThrow();
    assertThat(challenge.tokenAddress(new Repository("vorce/playlistlog")))
        .hasToString(
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

  @Test
  void takesNoRealmThatIsNotPlain() {
    assertThat(Challenge.parse("Bearer realm=\"/token\"")).isEmpty();
    assertThat(Challenge.parse("Bearer realm=\"https://auth.docker.io/#x\"")).isEmpty();
    assertThat(Challenge.parse("Bearer realm=\"https://auth.docker.io/" + "x".repeat(2_048) + "\""))
        .isEmpty();
  }
}
