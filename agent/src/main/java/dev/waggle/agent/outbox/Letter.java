package dev.waggle.agent.outbox;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// A report as one kind of address understands it.
///
/// @param uri where it is posted
/// @param contentType of the text
/// @param text JSON
record Letter(URI uri, String contentType, String text) {

  /// Discord refuses a longer one.
  private static final int MAX_OF_DISCORD = 2000;

  /// Previews of links that are in somebody's text.
  private static final int DISCORD_SUPPRESS_EMBEDS = 1 << 2;

  private static final int NTFY_HIGH_PRIORITY = 4;
  private static final int NTFY_DEFAULT_PRIORITY = 3;

  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}+");
  private static final Pattern DISCORD_MARKDOWN = Pattern.compile("[\\\\*_~`|<>#@:\\[\\]()-]");

  private static final JsonMapper JSON = new JsonMapper();

  static Letter to(Address address, Report report) {
    return switch (address.kind()) {
      case SLACK -> json(address.uri(), slack(report));
      case DISCORD -> json(address.uri(), discord(report));
      case NTFY -> json(address.uri().resolve("."), ntfy(topic(address.uri()), report));
      case CLOUDEVENTS ->
          new Letter(
              address.uri(),
              "application/cloudevents+json; charset=UTF-8",
              write(cloudEvent(report)));
    };
  }

  private static Letter json(URI uri, Map<String, Object> content) {
    return new Letter(uri, "application/json; charset=UTF-8", write(content));
  }

  private static Map<String, Object> slack(Report report) {
    String text =
        (title(report) + "\n" + body(report))
            .replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;");
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("text", text);
    // Names have underscores, and somebody's text may have anything.
    content.put("mrkdwn", false);
    content.put("unfurl_links", false);
    content.put("unfurl_media", false);
    return content;
  }

  private static Map<String, Object> discord(Report report) {
    String text =
        DISCORD_MARKDOWN.matcher(title(report) + "\n" + body(report)).replaceAll("\\\\$0");
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("content", shortened(text));
    content.put("allowed_mentions", Map.of("parse", List.of()));
    content.put("flags", DISCORD_SUPPRESS_EMBEDS);
    return content;
  }

  /// As JSON, posted to the server, since headers carry no other letters than ASCII's.
  private static Map<String, Object> ntfy(String topic, Report report) {
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("topic", topic);
    content.put("title", title(report));
    content.put("message", body(report));
    switch (report.outcome().level()) {
      case ERROR -> {
        content.put("priority", NTFY_HIGH_PRIORITY);
        content.put("tags", List.of("rotating_light"));
      }
      case WARN -> {
        content.put("priority", NTFY_DEFAULT_PRIORITY);
        content.put("tags", List.of("warning"));
      }
      case INFO, DEBUG, TRACE -> {
        content.put("priority", NTFY_DEFAULT_PRIORITY);
        content.put("tags", List.of("white_check_mark"));
      }
    }
    return content;
  }

  private static String topic(URI uri) {
    return uri.getPath().substring(uri.getPath().lastIndexOf('/') + 1);
  }

  /// CloudEvents 1.0, structured. A report that is repeated has the same `source` and `id`.
  private static Map<String, Object> cloudEvent(Report report) {
    String service = report.service();
    String deliveryId = report.push().deliveryId();
    Map<String, Object> data = report.fields();
    data.computeIfPresent("detail", (_, _) -> detail(report));
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("specversion", "1.0");
    content.put("id", service == null ? deliveryId : deliveryId + "/" + service);
    content.put("source", "/waggle/agent");
    content.put(
        "type",
        "dev.waggle.rollout." + report.outcome().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    content.put("subject", subject(report));
    content.put("time", report.ending().at().toString());
    content.put("datacontenttype", "application/json");
    content.put("data", data);
    return content;
  }

  private static String title(Report report) {
    return subject(report) + ": " + report.outcome();
  }

  private static String subject(Report report) {
    return Optional.ofNullable(report.service()).orElseGet(() -> image(report));
  }

  private static String body(Report report) {
    String when =
        String.format(
            Locale.ROOT,
            ", %.1f s after the %s",
            report.took().toMillis() / 1000.0,
            report.push().pushedAt() == null ? "delivery" : "push");
    // Clocks differ: what took less than no time would only confuse.
    String line = image(report) + (report.took().isNegative() ? "" : when);
    return report.detail().isEmpty() ? line : line + "\n" + detail(report);
  }

  private static String image(Report report) {
    return report.push().repository() + ":" + report.push().tag();
  }

  private static String detail(Report report) {
    return CONTROL.matcher(report.detail()).replaceAll(" ").strip();
  }

  private static String shortened(String text) {
    if (text.length() <= MAX_OF_DISCORD) {
      return text;
    }
    int end = MAX_OF_DISCORD - 1;
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "…";
  }

  private static String write(Map<String, Object> content) {
    return JSON.valueToTree(content).toString();
  }

  byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// The address may be a secret.
  @Override
  public String toString() {
    return "letter to " + uri.getHost();
  }
}
