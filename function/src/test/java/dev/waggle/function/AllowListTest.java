package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AllowListTest {
  private static final Repository PLAYLISTLOG = new Repository("vorce/playlistlog");

  @Test
  void wantsEveryTagOfARepositoryWithoutAPattern() {
    AllowList list = AllowList.parse("vorce/playlistlog, docker.io/vorce/site");
    assertThat(list.contains(PLAYLISTLOG)).isTrue();
    assertThat(list.wants(PLAYLISTLOG, new Tag("anything"))).isTrue();
    assertThat(list.contains(new Repository("vorce/site"))).isTrue();
    assertThat(list.contains(new Repository("vorce/playlist"))).isFalse();
    assertThat(list.wants(new Repository("vorce/playlist"), new Tag("1"))).isFalse();
  }

  @Test
  void wantsWhatAnyPatternOfTheRepositoryMatches() {
    AllowList list = AllowList.parse("vorce/playlistlog:1.*,vorce/playlistlog:latest,vorce/site:2");
    assertThat(list.wants(PLAYLISTLOG, new Tag("1.2"))).isTrue();
    assertThat(list.wants(PLAYLISTLOG, new Tag("latest"))).isTrue();
    assertThat(list.wants(PLAYLISTLOG, new Tag("2"))).isFalse();
    assertThat(list.contains(PLAYLISTLOG)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"busybox", "library/busybox", "docker.io/library/busybox:*"})
  void knowsAnOfficialImageInAllItsForms(String setting) {
    assertThat(AllowList.parse(setting).contains(new Repository("library/busybox"))).isTrue();
  }

  @Test
  void namesEveryEntryThatIsWrong() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AllowList.parse("ghcr.io/a/b,vorce/site,,vorce/x:[0-9]"))
        .withMessageStartingWith("has 'ghcr.io/a/b', '', 'vorce/x:[0-9]': write each");
  }
}
