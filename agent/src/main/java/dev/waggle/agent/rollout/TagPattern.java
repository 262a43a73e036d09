package dev.waggle.agent.rollout;

import java.util.Optional;
import java.util.regex.Pattern;

/// Which tags a service wants: a glob in which `*` stands for any characters and `?` for one.
public final class TagPattern {

    private static final Pattern GLOB = Pattern.compile("[A-Za-z0-9_.*?-]{1,128}");
    private final String glob;
    private final Pattern pattern;

    private TagPattern(String glob) {
        this.glob = glob;
        this.pattern = Pattern
                .compile(glob.replace(".", "\\.").replace("*", ".*").replace("?", "."));
    }

    /// Reads a glob.
    ///
    /// @return empty if the text holds a character that no tag has and no glob gives a meaning
    static Optional<TagPattern> parse(String text) {
        return GLOB.matcher(text).matches() ? Optional.of(new TagPattern(text)) : Optional.empty();
    }

    boolean matches(Tag tag) {
        return pattern.matcher(tag.value()).matches();
    }

    @Override
    public String toString() {
        return glob;
    }
}
