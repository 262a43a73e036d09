package dev.waggle.agent.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TagPatternTest {

    @ParameterizedTest
    @CsvSource({"*,latest,true", "latest,latest,true", "latest,Latest,false", "v1.*,v1.2.3,true",
            "v1.*,v1x2,false",
            "v?,v1,true", "v?,v12,false", "*-rc*,1.0-rc1,true", "*-rc*,1.0,false"})
    void matchesTheWholeTag(String glob, String tag, boolean expected) {
        assertThat(TagPattern.parse(glob).orElseThrow().matches(new Tag(tag))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "v1,v2", "(a|b)", "[ab]", "v1 "})
    void refusesWhatIsNoGlob(String text) {
        assertThat(TagPattern.parse(text)).isEmpty();
    }
}
