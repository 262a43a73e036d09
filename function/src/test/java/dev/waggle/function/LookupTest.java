package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LookupTest {
  private static final Instant PUSHED = Instant.parse("2026-11-01T10:00:00Z");
  private static final Repository PLAYLISTLOG = new Repository("vorce/playlistlog");
  private static final Tag LATEST = new Tag("latest");
  private static final Digest OLD = new Digest("sha256:" + "a".repeat(64));
  private static final Digest NEW = new Digest("sha256:" + "b".repeat(64));
  private static final Registry.Finding MISSING = new Registry.Finding.Missing();
  private static final Registry.Finding OLD_IMAGE = new Registry.Finding.Found(OLD);
  private static final Registry.Finding NEW_IMAGE = new Registry.Finding.Found(NEW);
  private static final Registry.Finding UNWELL =
      new Registry.Finding.Unproven(Registry.Doubt.UNWELL);
  private static final PushRecords.Finding OLD_PUSH =
      new PushRecords.Finding.LastPush(PUSHED.minus(Duration.ofHours(2)), Set.of(OLD));
  private static final PushRecords.Finding NEW_PUSH =
      new PushRecords.Finding.LastPush(PUSHED, Set.of(NEW));
  private static final PushRecords.Finding LIMITED = new PushRecords.Finding.Limited();
  private static final PushRecords.Finding NOTHING = new PushRecords.Finding.Nothing();

  /// What was done, in order.
  private final List<String> done = new ArrayList<>();

  private Lookup.Found find(
      List<Registry.Finding> images, List<PushRecords.Finding> pushes, Duration budget) {
    Answers<Registry.Finding> registry = new Answers<>(images);
    Answers<PushRecords.Finding> hub = new Answers<>(pushes);
    Lookup lookup =
        new Lookup(
            (repository, tag, _) -> registry.next("registry", repository, tag),
            (repository, tag, _) -> hub.next("hub", repository, tag),
            pause -> done.add(Long.toString(pause.toMillis())),
            new HandClock(PUSHED.plusSeconds(2)));
    return lookup.find(
        new Delivery(PLAYLISTLOG, LATEST, PUSHED, false), LATEST, Deadline.in(budget));
  }

  private Lookup.Found find(List<Registry.Finding> images, List<PushRecords.Finding> pushes) {
    return find(images, pushes, Judge.LOOKUP_BUDGET);
  }

  /// Gives its answers in order, the last of them for ever, to questions of the tag that was
  /// pushed.
  private final class Answers<T> {
    private final Deque<T> answers;

    Answers(List<T> answers) {
      this.answers = new ArrayDeque<>(answers);
    }

    T next(String who, Repository repository, Tag tag) {
      assertThat(repository).isEqualTo(PLAYLISTLOG);
      assertThat(tag).isEqualTo(LATEST);
      done.add(who);
      return answers.size() == 1 ? answers.getFirst() : answers.removeFirst();
    }
  }

  @Test
  void asksEachOnceWhereAllIsWell() {
    assertThat(find(List.of(NEW_IMAGE), List.of(NEW_PUSH)))
        .isEqualTo(new Lookup.Found(NEW_IMAGE, NEW_PUSH));
    assertThat(done).containsExactly("registry", "hub");
  }

  @Test
  void asksDockerHubOfNoTagThatTheRegistryMisses() {
    assertThat(find(List.of(MISSING), List.of(NEW_PUSH)))
        .isEqualTo(new Lookup.Found(MISSING, NOTHING));
    assertThat(done)
        .containsExactly("registry", "250", "registry", "400", "registry", "500", "registry");
  }

  @Test
  void waitsForATagThatIsNotThereYet() {
    assertThat(find(List.of(MISSING, MISSING, NEW_IMAGE), List.of(NEW_PUSH)))
        .isEqualTo(new Lookup.Found(NEW_IMAGE, NEW_PUSH));
    assertThat(done).containsExactly("registry", "250", "registry", "400", "registry", "hub");
  }

  @Test
  void losesNoPushToARegistryThatFellIllMeanwhile() {
    assertThat(find(List.of(MISSING, UNWELL), List.of(NOTHING)))
        .isEqualTo(new Lookup.Found(UNWELL, NOTHING));
  }

  @Test
  void waitsForATagThatHasNotMovedYet() {
    assertThat(find(List.of(OLD_IMAGE, OLD_IMAGE, NEW_IMAGE), List.of(OLD_PUSH, NEW_PUSH)))
        .isEqualTo(new Lookup.Found(NEW_IMAGE, NEW_PUSH));
    assertThat(done)
        .containsExactly("registry", "hub", "250", "registry", "400", "registry", "hub");
  }

  @Test
  void asksDockerHubTwiceAtMostOfATagThatDoesNotMove() {
    assertThat(find(List.of(OLD_IMAGE), List.of(OLD_PUSH)))
        .isEqualTo(new Lookup.Found(OLD_IMAGE, OLD_PUSH));
    assertThat(done).filteredOn("hub"::equals).hasSize(2);
    assertThat(done).filteredOn("registry"::equals).hasSize(1 + Lookup.PAUSES.size());
  }

  @Test
  void waitsForTheRecordOfAPushOfWhatTheTagNamedBefore() {
    PushRecords.Finding again = new PushRecords.Finding.LastPush(PUSHED, Set.of(OLD));
    assertThat(find(List.of(OLD_IMAGE), List.of(OLD_PUSH, again)))
        .isEqualTo(new Lookup.Found(OLD_IMAGE, again));
  }

  @Test
  void keepsWhatItKnewWhenNobodyAnswersTheSecondTime() {
    assertThat(find(List.of(OLD_IMAGE, UNWELL), List.of(OLD_PUSH, LIMITED)))
        .isEqualTo(new Lookup.Found(OLD_IMAGE, OLD_PUSH));
    assertThat(find(List.of(OLD_IMAGE), List.of(OLD_PUSH, NOTHING)))
        .isEqualTo(new Lookup.Found(OLD_IMAGE, OLD_PUSH));
  }

  @Test
  void seesThatTheTagWasRemovedMeanwhile() {
    assertThat(find(List.of(OLD_IMAGE, MISSING), List.of(OLD_PUSH)).finding()).isEqualTo(MISSING);
    assertThat(done).containsExactly("registry", "hub", "250", "registry");
  }

  @Test
  void asksDockerHubOnceMoreWhenItIsLimited() {
    assertThat(find(List.of(NEW_IMAGE), List.of(LIMITED, NEW_PUSH)))
        .isEqualTo(new Lookup.Found(NEW_IMAGE, NEW_PUSH));
    assertThat(done).containsExactly("registry", "hub", "500", "hub");
    done.clear();
    assertThat(find(List.of(NEW_IMAGE), List.of(LIMITED)))
        .isEqualTo(new Lookup.Found(NEW_IMAGE, LIMITED));
    assertThat(done).containsExactly("registry", "hub", "500", "hub");
  }

  @Test
  void waitsForNothingThatWouldBeLate() {
    Duration budget = Duration.ofMillis(240);
    assertThat(find(List.of(MISSING), List.of(NOTHING), budget).finding()).isEqualTo(MISSING);
    assertThat(find(List.of(OLD_IMAGE), List.of(OLD_PUSH), budget))
        .isEqualTo(new Lookup.Found(OLD_IMAGE, OLD_PUSH));
    assertThat(find(List.of(NEW_IMAGE), List.of(LIMITED), budget).record()).isEqualTo(LIMITED);
    assertThat(done).doesNotContain("250", "500");
  }

  @Test
  void leavesDockerHubSomeOfTheTime() {
    List<Duration> left = new ArrayList<>();
    Lookup lookup =
        new Lookup(
            (_, _, deadline) -> {
              left.add(deadline.remaining());
              return NEW_IMAGE;
            },
            (_, _, deadline) -> {
              left.add(deadline.remaining());
              return NEW_PUSH;
            },
            _ -> {},
            new HandClock(PUSHED));
    Delivery delivery = new Delivery(PLAYLISTLOG, LATEST, PUSHED, false);
    assertThat(lookup.find(delivery, LATEST, Deadline.in(Duration.ofHours(1))).record())
        .isEqualTo(NEW_PUSH);
    assertThat(left.getFirst()).isLessThan(left.getLast());
  }

  @Test
  void answersWithWhatItHasWhenNobodyWaitsAnyMore() {
    Lookup lookup =
        new Lookup(
            (_, _, _) -> OLD_IMAGE,
            (_, _, _) -> OLD_PUSH,
            _ -> {
              throw new InterruptedException();
            },
            new HandClock(PUSHED));
    assertThat(
            lookup.find(
                new Delivery(PLAYLISTLOG, LATEST, PUSHED, false),
                LATEST,
                Deadline.in(Judge.LOOKUP_BUDGET)))
        .isEqualTo(new Lookup.Found(OLD_IMAGE, OLD_PUSH));
    assertThat(Thread.interrupted()).isTrue();
  }
}
