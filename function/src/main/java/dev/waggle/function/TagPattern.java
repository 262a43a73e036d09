package dev.waggle.function;

import java.util.Optional;
import java.util.regex.Pattern;

/// A glob over tags: `*` stands for any number of characters, `?` for one, all else for itself.
///
/// @param glob what a tag may consist of, `*` and `?`; at most 128 characters
record TagPattern(String glob) {
  private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9_*?][A-Za-z0-9._*?-]{0,127}");

  /// Every tag. Below the grammar, which it is checked against.
  static final TagPattern ANY = new TagPattern("*");

  TagPattern {
    if (!GRAMMAR.matcher(glob).matches()) {
      throw new IllegalArgumentException("not a pattern of tags");
    }
  }

  /// Returns the pattern written as `text`, or nothing when no tag could match it.
  static Optional<TagPattern> parse(String text) {
    return GRAMMAR.matcher(text).matches() ? Optional.of(new TagPattern(text)) : Optional.empty();
  }

  /// Tells whether the whole of `tag` matches, in time that grows with the product of both lengths
  /// at most.
  boolean matches(Tag tag) {
    String text = tag.value();
    int at = 0;
    int pattern = 0;
    int star = -1; // the last star passed
    int resume = 0; // where the text goes on when that star takes one character more
    while (at < text.length()) {
      if (pattern < glob.length() && glob.charAt(pattern) == '*') {
        star = pattern++;
        resume = at;
      } else if (pattern < glob.length()
          && (glob.charAt(pattern) == '?' || glob.charAt(pattern) == text.charAt(at))) {
        pattern++;
        at++;
      } else if (star >= 0) {
        pattern = star + 1;
        at = ++resume;
      } else {
        return false;
      }
    }
    while (pattern < glob.length() && glob.charAt(pattern) == '*') {
      pattern++;
    }
    return pattern == glob.length();
  }

  @Override
  public String toString() {
    return glob;
  }
}
