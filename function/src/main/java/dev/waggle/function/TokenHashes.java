package dev.waggle.function;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The SHA-256 hashes of the webhook's token: one, or two while the token is being rotated.
///
/// The tokens themselves are stored nowhere. A token made as `docs/set-up.md` says is 192 bits of
/// randomness, so that a fast hash without salt is enough.
final class TokenHashes {
  /// Which of the hashes a token has. Once no delivery matches the one of the old token, it can go.
  enum Match {
    FIRST("first"),
    SECOND("second");

    private final String text;

    Match(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /// How long a token is that is hashed; one made as `docs/set-up.md` says has 48 characters.
  private static final int MAX_TOKEN_LENGTH = 512;

  private static final Pattern HASH = Pattern.compile("[A-Fa-f0-9]{64}");
  private static final byte[] NO_TOKEN = Sha256.of("");

  private final List<byte[]> hashes;

  private TokenHashes(List<byte[]> hashes) {
    this.hashes = List.copyOf(hashes);
  }

  /// Reads one hash or two, comma-separated, in hexadecimal digits; blanks around them do not
  /// count.
  ///
  /// @throws IllegalArgumentException saying what is wrong without repeating any of it
  static TokenHashes parse(String setting) {
    String[] parts = setting.split(",", -1);
    if (parts.length > Match.values().length) {
      throw new IllegalArgumentException(
          "has " + parts.length + " hashes: keep two at most, the new token's and the old one's");
    }
    List<byte[]> hashes = new ArrayList<>();
    for (String part : parts) {
      String text = part.strip();
      if (!HASH.matcher(text).matches()) {
        throw new IllegalArgumentException(
            "has a hash that is not 64 hexadecimal digits:"
                + " make it with echo -n \"$TOKEN\" | sha256sum");
      }
      byte[] hash = HexFormat.of().parseHex(text);
      if (MessageDigest.isEqual(hash, NO_TOKEN)) {
        throw new IllegalArgumentException(
            "has the hash of an empty token:" + " make it with echo -n \"$TOKEN\" | sha256sum");
      }
      hashes.add(hash);
    }
    if (hashes.size() == 2 && MessageDigest.isEqual(hashes.getFirst(), hashes.getLast())) {
      throw new IllegalArgumentException(
          "has the same hash twice: remove one, or rotate to a new token");
    }
    return new TokenHashes(hashes);
  }

  /// Returns which hash `token` has, or nothing when it has none, is missing or is overlong.
  ///
  /// Every call hashes once and compares with all hashes in constant time.
  Optional<Match> match(@Nullable String token) {
    byte[] hash =
        token != null && token.length() <= MAX_TOKEN_LENGTH
            ? Sha256.of(token)
            : Sha256.of(""); // which no configuration has
    boolean first = MessageDigest.isEqual(hashes.getFirst(), hash);
    boolean second = MessageDigest.isEqual(hashes.getLast(), hash);
    if (first) {
      return Optional.of(Match.FIRST);
    }
    return second ? Optional.of(Match.SECOND) : Optional.empty();
  }

  @Override
  public String toString() {
    return "TokenHashes[" + hashes.size() + ", redacted]";
  }
}
