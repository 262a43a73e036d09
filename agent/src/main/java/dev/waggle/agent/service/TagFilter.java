package dev.waggle.agent.service;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.waggle.agent.push.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semver4j.Semver;
import org.semver4j.range.RangeList;
import org.semver4j.range.RangeListFactory;

/// Which tags a service wants: what is wanted and what is not, with commas between.
///
/// A glob, in which `*` stands for any characters and `?` for one, wants the tags that match it,
/// and with `!` before it refuses them, whatever else wants them. `semver:` and a range of npm's
/// grammar wants versions, and `regex:`, which takes the rest of the text with its commas, what an
/// expression of RE2 matches whole. Where nothing but refusals is given, every other tag is wanted.
public final class TagFilter {

  private static final java.util.regex.Pattern GLOB =
      java.util.regex.Pattern.compile("[A-Za-z0-9_.*?-]{1,128}");
  private static final String REFUSAL = "!";
  private static final String REGEX = "regex:";
  private static final String SEMVER = "semver:";

  /// What came of reading a filter.
  sealed interface Reading {

    record Valid(TagFilter filter) implements Reading {}

    record Invalid(String problem) implements Reading {}
  }

  private sealed interface Wish {

    boolean matches(Tag tag);

    record Matching(Pattern pattern) implements Wish {

      @Override
      public boolean matches(Tag tag) {
        return pattern.matches(tag.value());
      }
    }

    record Version(RangeList range) implements Wish {

      @Override
      public boolean matches(Tag tag) {
        Semver version = version(tag);
        return version != null && range.isSatisfiedBy(version);
      }
    }
  }

  private final String text;
  private final List<Wish> wanted;
  private final List<Wish> refused;

  private TagFilter(String text, List<Wish> wanted, List<Wish> refused) {
    this.text = text;
    this.wanted = List.copyOf(wanted);
    this.refused = List.copyOf(refused);
  }

  public static Reading parse(String text) {
    List<Wish> wanted = new ArrayList<>();
    List<Wish> refused = new ArrayList<>();
    for (String element : elements(text)) {
      boolean refusal = element.startsWith(REFUSAL);
      Optional<Wish> wish =
          refusal ? glob(element.substring(REFUSAL.length()).strip()) : wish(element);
      if (wish.isEmpty()) {
        return new Reading.Invalid(
            "'"
                + element
                + "' is no "
                + (element.startsWith(REGEX)
                    ? "regular expression of RE2"
                    : element.startsWith(SEMVER)
                        ? "range of versions, such as semver:^1.2 or semver:>=1.2 <3"
                        : "tag or glob with * and ?"));
      }
      (refusal ? refused : wanted).add(wish.get());
    }
    return new Reading.Valid(new TagFilter(text, wanted, refused));
  }

  /// A regular expression may hold commas itself.
  private static List<String> elements(String text) {
    List<String> elements = new ArrayList<>();
    String rest = text.strip();
    while (!rest.startsWith(REGEX) && rest.contains(",")) {
      int comma = rest.indexOf(',');
      elements.add(rest.substring(0, comma).strip());
      rest = rest.substring(comma + 1).strip();
    }
    elements.add(rest);
    return elements;
  }

  private static Optional<Wish> wish(String element) {
    if (element.startsWith(REGEX)) {
      return regex(element.substring(REGEX.length()));
    }
    return element.startsWith(SEMVER)
        ? range(element.substring(SEMVER.length()).strip())
        : glob(element);
  }

  private static Optional<Wish> glob(String glob) {
    return GLOB.matcher(glob).matches()
        ? Optional.of(
            new Wish.Matching(
                Pattern.compile(glob.replace(".", "\\.").replace("*", ".*").replace("?", "."))))
        : Optional.empty();
  }

  private static Optional<Wish> regex(String expression) {
    try {
      return Optional.of(new Wish.Matching(Pattern.compile(expression)));
    } catch (PatternSyntaxException wrong) {
      return Optional.empty();
    }
  }

  /// The library reads a word that it does not know as no range at all, and `latest` as every one.
  private static Optional<Wish> range(String range) {
    RangeList ranges = RangeListFactory.create(range);
    boolean meant = range.chars().anyMatch(letter -> Character.isDigit(letter) || letter == '*');
    boolean whole = ranges.get().size() == range.split("\\|\\|", -1).length;
    return meant && whole ? Optional.of(new Wish.Version(ranges)) : Optional.empty();
  }

  private static @Nullable Semver version(Tag tag) {
    return Semver.parse(tag.value());
  }

  public boolean wants(Tag tag) {
    return refused.stream().noneMatch(wish -> wish.matches(tag))
        && (wanted.isEmpty() || wanted.stream().anyMatch(wish -> wish.matches(tag)));
  }

  /// Whether a tag would be a step to a lower version, where a range wants it.
  public boolean isLower(Tag tag, Tag than) {
    Semver version = version(tag);
    Semver other = version(than);
    return version != null
        && other != null
        && version.compareTo(other) < 0
        && wanted.stream().anyMatch(wish -> wish instanceof Wish.Version && wish.matches(tag));
  }

  @Override
  public String toString() {
    return text;
  }
}
