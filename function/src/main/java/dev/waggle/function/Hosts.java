package dev.waggle.function;

import java.net.URI;
import java.util.Optional;

/// Which hosts are one party's.
final class Hosts {
  private Hosts() {}

  /// Tells whether `address` is on a host of the party: on the very host, or, over https, on one of
  /// its domain as `auth.docker.io` is for `registry-1.docker.io`. Nobody is led from https to
  /// http, nor to an address with a user in it.
  static boolean belongs(URI address, URI party) {
    if (address.getHost() == null
        || address.getRawUserInfo() != null
        || address.getPort() > 65_535) {
      return false;
    }
    boolean secure = "https".equals(address.getScheme());
    if (address.getHost().equalsIgnoreCase(party.getHost())) {
      boolean plain = "http".equals(address.getScheme()) && "http".equals(party.getScheme());
      return secure || plain;
    }
    boolean ordinaryPort = address.getPort() == -1 || address.getPort() == 443;
    return secure
        && ordinaryPort
        && domain(party.getHost())
            .filter(domain -> isWithin(address.getHost(), domain))
            .isPresent();
  }

  private static boolean isWithin(String host, String domain) {
    return host.equalsIgnoreCase(domain)
        || host.regionMatches(
            true, host.length() - domain.length() - 1, "." + domain, 0, domain.length() + 1);
  }

  /// All but the first label. Without a list of public suffixes the rest counts as somebody's own
  /// only if it cannot be one like co.uk; a party on such a name has that one host.
  private static Optional<String> domain(String host) {
    String[] labels = host.split("\\.", -1);
    String last = labels[labels.length - 1];
    boolean address = last.isEmpty() || last.endsWith("]") || Character.isDigit(last.charAt(0));
    boolean maybePublic = labels.length == 3 && labels[1].length() <= 3;
    if (address || labels.length < 3 || maybePublic) {
      return Optional.empty();
    }
    return Optional.of(host.substring(host.indexOf('.') + 1));
  }
}
