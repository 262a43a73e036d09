package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where a registry wants us to fetch a token: its `WWW-Authenticate: Bearer` header.
///
/// @param realm address of the token service
/// @param service by which name it knows the registry
record Challenge(URI realm, @Nullable String service) {
  /// How long a header may be, in characters; Docker Hub's has 150.
  private static final int MAX_LENGTH = 2_048;

  private static final Pattern PARAMETER = Pattern.compile("([a-z_]{1,32})=\"([^\"]*)\"");

  /// Returns the challenge in the value of the header, or nothing when it is none that can be met.
  static Optional<Challenge> parse(String header) {
    if (header.length() > MAX_LENGTH || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return Optional.empty();
    }
    Map<String, String> parameters = new HashMap<>();
    Matcher matcher = PARAMETER.matcher(header);
    while (matcher.find()) {
      parameters.put(matcher.group(1), matcher.group(2));
    }
    try {
      URI realm = new URI(parameters.getOrDefault("realm", ""));
      return realm.getHost() != null && realm.getRawFragment() == null
          ? Optional.of(new Challenge(realm, parameters.get("service")))
          : Optional.empty();
    } catch (URISyntaxException _) {
      return Optional.empty();
    }
  }

  /// Returns the address at which a token that may pull `repository` is had. The scope is ours, not
  /// the challenge's: nobody needs to hand us more.
  URI tokenAddress(Repository repository) {
    String query = "scope=" + URLEncoder.encode("repository:" + repository + ":pull", UTF_8);
    if (service != null) {
      query = "service=" + URLEncoder.encode(service, UTF_8) + "&" + query;
    }
    return URI.create(realm + (realm.getRawQuery() == null ? "?" : "&") + query);
  }
}
