package dev.waggle.agent.outbox;

import dev.waggle.agent.service.Spelling;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Where notifications go. The address may itself be the secret, as those of Slack and Discord are,
/// so that only kind, host and the line it stands on may be told.
///
/// @param line the line of the file that it was read from
/// @param kind what understands the notification there
/// @param uri the address
/// @param token the access token that is sent along, empty if none is
public record Address(int line, Kind kind, URI uri, Optional<String> token) {

  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]+");
  private static final Pattern NTFY_TOPIC = Pattern.compile("/(?:.+/)?[-_A-Za-z0-9]{1,64}");
  private static final Pattern NUMERIC_HOST = Pattern.compile("[0-9.]+|\\[.*]");

  /// What understands a notification.
  public enum Kind {
    /// An incoming webhook of Slack.
    SLACK,
    /// A webhook of Discord.
    DISCORD,
    /// A topic of an ntfy server.
    NTFY,
    /// Anything that takes a CloudEvent.
    CLOUDEVENTS;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Reads one address a line: the kind, the address, and for ntfy and cloudevents perhaps a token.
  /// Empty lines and those that begin with `#` are skipped.
  ///
  /// @throws IllegalArgumentException naming the lines that are wrong and what to do, never what is
  ///   in them
  public static List<Address> parse(List<String> lines) {
    List<Address> addresses = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      try {
        addresses.add(parse(i + 1, line.split("\\s+")));
      } catch (IllegalArgumentException wrong) {
        problems.add("line " + (i + 1) + ": " + wrong.getMessage());
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join(", ", problems));
    }
    return addresses;
  }

  private static Address parse(int line, String[] words) {
    Kind kind = parseKind(words[0]);
    if (words.length < 2 || words.length > (takesToken(kind) ? 3 : 2)) {
      throw new IllegalArgumentException(
          "expected " + kind + " and an address" + (takesToken(kind) ? ", perhaps a token" : ""));
    }
    URI uri = parseUri(words[1]);
    if (kind == Kind.NTFY
        && (uri.getRawQuery() != null || !NTFY_TOPIC.matcher(uri.getRawPath()).matches())) {
      throw new IllegalArgumentException(
          "expected a server and a topic, as in https://ntfy.sh/TOPIC");
    }
    Optional<String> token = words.length == 3 ? Optional.of(words[2]) : Optional.empty();
    if (token.isPresent() && !VISIBLE.matcher(token.get()).matches()) {
      throw new IllegalArgumentException("the token has a character that no token has");
    }
    return new Address(line, kind, uri, token);
  }

  private static boolean takesToken(Kind kind) {
    return switch (kind) {
      case SLACK, DISCORD -> false;
      case NTFY, CLOUDEVENTS -> true;
    };
  }

  private static Kind parseKind(String word) {
    List<String> kinds = Arrays.stream(Kind.values()).map(Kind::toString).toList();
    if (!kinds.contains(word)) {
      // A line that begins with the address must not be quoted, and is near to nothing.
      throw new IllegalArgumentException(
          word.contains(":")
              ? "expected a kind before the address: " + String.join(", ", kinds)
              : "unknown kind, did you mean " + Spelling.nearest(word, kinds) + "?");
    }
    return Kind.valueOf(word.toUpperCase(Locale.ROOT));
  }

  private static URI parseUri(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException notAnAddress) {
      throw new IllegalArgumentException("not an address");
    }
    if (uri.getHost() == null || uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "expected an address with a host, without user or fragment");
    }
    boolean plain = "http".equals(uri.getScheme()) && isOfOwnNetwork(uri.getHost());
    if (!plain && !"https".equals(uri.getScheme())) {
      throw new IllegalArgumentException(
          "expected https://, or http:// for a service's name or a private address");
    }
    return uri;
  }

  /// Others could read the address on the way, and the token.
  private static boolean isOfOwnNetwork(String host) {
    if (NUMERIC_HOST.matcher(host).matches()) {
      InetAddress address = InetAddress.ofLiteral(host);
      return address.isLoopbackAddress() || address.isSiteLocalAddress();
    }
    return host.indexOf('.') < 0;
  }

  /// Kind and host, never path or token.
  @Override
  public String toString() {
    return kind + " at " + uri.getHost();
  }
}
