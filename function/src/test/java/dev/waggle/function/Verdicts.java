package dev.waggle.function;

import java.time.Instant;
import java.util.List;

/// One verdict of each kind, in the order of the proof.
final class Verdicts {
  static final DeliveryId ID = new DeliveryId("JKJaXmPLvHcESHA=");
  static final Digest DIGEST = new Digest("sha256:" + "a".repeat(64));

  private static final TokenHashes.Match TOKEN = TokenHashes.Match.FIRST;
  private static final Repository PLAYLISTLOG = new Repository("vorce/playlistlog");
  private static final Tag TWO = new Tag("2");
  private static final Instant PUSHED = Instant.parse("2026-11-01T10:00:00Z");

  private static final PushMessage PROVEN =
      new PushMessage(
          ID,
          PLAYLISTLOG,
          TWO,
          DIGEST,
          new PushTime(PUSHED, true, Evidence.RECORDED),
          PUSHED.plusSeconds(2));
  private static final PushMessage UNPROVEN =
      new PushMessage(
          ID,
          PLAYLISTLOG,
          TWO,
          null,
          new PushTime(PUSHED, false, Evidence.NO_RECORD),
          PUSHED.plusSeconds(2));
  private static final PushMessage CONTRADICTED =
      new PushMessage(
          ID,
          PLAYLISTLOG,
          TWO,
          DIGEST,
          new PushTime(PUSHED, true, Evidence.NOT_RECORDED),
          PUSHED.plusSeconds(2));

  static final List<Verdict> ALL =
      List.of(
          new Verdict.Accepted(TOKEN, PROVEN),
          new Verdict.AcceptedUnproven(TOKEN, UNPROVEN, Registry.Doubt.PRIVATE),
          new Verdict.WrongToken(),
          new Verdict.TooLarge(TOKEN),
          new Verdict.NotADelivery(TOKEN, "push_data.tag", "a string"),
          new Verdict.NotOurRepository(TOKEN),
          new Verdict.NoTag(TOKEN, PLAYLISTLOG),
          new Verdict.TagNotWanted(TOKEN, PLAYLISTLOG, TWO),
          new Verdict.TagNotInRegistry(TOKEN, PLAYLISTLOG, TWO),
          new Verdict.NotAnImage(TOKEN, PLAYLISTLOG, TWO, DIGEST),
          new Verdict.PushContradicted(TOKEN, CONTRADICTED),
          new Verdict.QueueUnavailable(TOKEN, PROVEN, "the queue did not answer in time"),
          new Verdict.UnexpectedFailure(new IllegalStateException()));

  private Verdicts() {}
}
