package dev.waggle.agent.configuration;

import dev.waggle.agent.service.Spelling;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;

/// Reads settings from environment variables, and remembers all that is wrong.
final class Environment {

  private static final String PREFIX = "WAGGLE_";

  private final Map<String, String> variables;
  private final List<String> problems = new ArrayList<>();

  Environment(Map<String, String> variables) {
    this.variables = variables;
  }

  /// Reads a setting once.
  ///
  /// @return gives its value, or throws an [InvalidConfigurationException] if it has none
  <T> Supplier<T> read(Setting<T> setting) {
    String text = variables.getOrDefault(setting.variable(), setting.byDefault());
    try {
      T value = setting.parser().apply(text);
      return () -> value;
    } catch (IllegalArgumentException wrong) {
      problems.add(
          setting.variable() + (text.isEmpty() ? " is not set: " : ": ") + wrong.getMessage());
    } catch (InvalidConfigurationException wrong) {
      wrong.problems().forEach(problem -> problems.add(setting.variable() + ": " + problem));
    }
    return () -> {
      throw new InvalidConfigurationException(problems);
    };
  }

  /// Refuses what is wrong in the settings that were read, and variables that are no settings: a
  /// misspelt one would silently be the default.
  ///
  /// @param settings all that there are
  /// @throws InvalidConfigurationException naming all that is wrong at once
  void check(Collection<Setting<?>> settings) {
    List<String> known =
        settings.stream().map(Setting::variable).filter(name -> name.startsWith(PREFIX)).toList();
    for (String name : new TreeSet<>(variables.keySet())) {
      if (name.startsWith(PREFIX) && !known.contains(name)) {
        problems.add(name + " is unknown: did you mean " + Spelling.nearest(name, known) + "?");
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidConfigurationException(problems);
    }
  }
}
