package dev.waggle.comparison;

/// What is compared.
enum Tool {

  /// Function, queue and agent.
  WAGGLE("Waggle"),
  /// `docker service update`, typed at the prompt.
  BARE_COMMAND("bare command"),
  /// Debian's package `webhook` with a script of that command.
  WEBHOOK_SCRIPT("webhook and script"),
  /// A loop of docker commands in the manner of shepherd.
  POLLING_LOOP("polling loop");

  private final String title;

  Tool(String title) {
    this.title = title;
  }

  /// As tables and plots call it.
  String title() {
    return title;
  }
}
