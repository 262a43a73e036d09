package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.Finding.Check;
import java.util.Optional;

/// Judges a server that notifications go to.
final class ContactCheck {

  private ContactCheck() {}

  static Finding of(Contact contact, Answer<Optional<String>> answer) {
    String name = contact.name() + " at " + contact.host();
    Optional<String> obstacle =
        switch (answer) {
          case Answer.Given<Optional<String>>(Optional<String> found, _) -> found;
          case Answer.None<Optional<String>>(String reason) -> Optional.of(reason);
        };
    return obstacle
        .map(
            reason ->
                Finding.problem(
                    Check.NOTIFICATIONS,
                    name + " is out of reach: " + reason,
                    "see whether this host reaches it, and whether its name is right"))
        .orElseGet(() -> Finding.ok(Check.NOTIFICATIONS, name + " answers"));
  }
}
