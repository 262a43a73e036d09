package dev.waggle.comparison;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Who is right, and what a command's words are taken for.
class ClaimTest {

  @Test
  void isRightWhenASuccessIsOneInEitherWay() {
    assertThat(Claim.WENT_LIVE.isRight(Claim.WAS_THERE)).isTrue();
    assertThat(Claim.WAS_THERE.isRight(Claim.WAS_THERE)).isTrue();
    assertThat(Claim.DID_NOT_GO_LIVE.isRight(Claim.DID_NOT_GO_LIVE)).isTrue();
  }

  @Test
  void isWrongWhenItSaysTheOppositeOrNothing() {
    assertThat(Claim.WENT_LIVE.isRight(Claim.DID_NOT_GO_LIVE)).isFalse();
    assertThat(Claim.DID_NOT_GO_LIVE.isRight(Claim.WENT_LIVE)).isFalse();
    assertThat(Claim.UNKNOWN.isRight(Claim.DID_NOT_GO_LIVE)).isFalse();
  }

  @Test
  void believesTheCommandsWordsWhereItsStatusSaysNothing() {
    assertThat(
            BareCommand.claim(
                0,
                "overall progress: rolling back update: 2 out of 2 tasks\n"
                    + "service rolled back: update rolled back"))
        .isEqualTo(Claim.DID_NOT_GO_LIVE);
    assertThat(BareCommand.claim(0, "verify: Service converged")).isEqualTo(Claim.WENT_LIVE);
    assertThat(BareCommand.claim(1, "service update paused: update paused due to failure"))
        .isEqualTo(Claim.DID_NOT_GO_LIVE);
  }

  @Test
  void takesACommandThatLostTheEngineForOneThatDoesNotKnow() {
    assertThat(BareCommand.claim(1, "unexpected EOF")).isEqualTo(Claim.UNKNOWN);
  }

  @Test
  void quotesTheLastLineThatIsNotOfATask() {
    assertThat(
            BareCommand.lastWords(
                "playlistlog\n"
                    + "overall progress: 0 out of 2 tasks\n"
                    + "1/2:  \n"
                    + "verify: Waiting 5 seconds\n"
                    + "verify: Service converged \n"))
        .isEqualTo("verify: Service converged");
  }

  @Test
  void quotesWhatTheCommandSaysOfARollback() {
    assertThat(
            BareCommand.lastWords(
                "rollback: update rolled back due to failure\n"
                    + "2/2: running\n"
                    + "verify: Service converged\n"))
        .isEqualTo("rollback: update rolled back due to failure; verify: Service converged");
  }
}
