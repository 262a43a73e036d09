package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.util.HashMap;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where a registry wants us to fetch a token: its `WWW-Authenticate: Bearer` header.
///
/// @param realm address of the token service
/// @param service by which name it knows the registry
record Challenge(URI realm, @Nullable String service) {
    private static final int MAX_LENGTH = 2_048; // Docker Hub's has 150
    private static final Pattern PARAMETER = Pattern.compile("([a-z_]{1,32})=\"([^\"]*)\"");

    /// Returns the challenge in the value of the header, or nothing when it is none that can
    /// be met.
    static Optional<Challenge> parse(String header) {
        if (header.length() > MAX_LENGTH || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return Optional.empty();
        }
        var parameters = new HashMap<String, String>();
        var matcher = PARAMETER.matcher(header);
        while (matcher.find()) {
            parameters.put(matcher.group(1), matcher.group(2));
        }
        try {
            var realm = new URI(parameters.getOrDefault("realm", ""));
            return realm.getHost() != null && realm.getRawUserInfo() == null
                    && realm.getPort() <= 65_535
                    && realm.getRawFragment() == null
                            ? Optional.of(new Challenge(realm, parameters.get("service")))
                            : Optional.empty();
        } catch (URISyntaxException _) {
            return Optional.empty();
        }
    }

    /// Tells whether the realm is the registry's own: on its host, or, over https, on a host of its
    /// domain as `auth.docker.io` is for `registry-1.docker.io`.
    boolean belongsTo(URI registry) {
        var secure = "https".equals(realm.getScheme());
        if (realm.getHost().equalsIgnoreCase(registry.getHost())) {
            var plain = "http".equals(realm.getScheme()) && "http".equals(registry.getScheme());
            return secure || plain;
        }
        var ordinaryPort = realm.getPort() == -1 || realm.getPort() == 443;
        return secure && ordinaryPort
                && domain(registry.getHost())
                        .filter(domain -> isWithin(realm.getHost(), domain))
                        .isPresent();
    }

    /// Returns the address at which a token that may pull `repository` is had. The scope is ours,
    /// not the challenge's: nobody needs to hand us more.
    URI tokenAddress(Repository repository) {
        var query = "scope=" + URLEncoder.encode("repository:" + repository + ":pull", UTF_8);
        if (service != null) {
            query = "service=" + URLEncoder.encode(service, UTF_8) + "&" + query;
        }
        return URI.create(realm + (realm.getRawQuery() == null ? "?" : "&") + query);
    }

    private static boolean isWithin(String host, String domain) {
        return host.equalsIgnoreCase(domain)
                || host.regionMatches(
                        true,
                        host.length() - domain.length() - 1,
                        "." + domain,
                        0,
                        domain.length() + 1);
    }

    // All but the first label. Without a list of public suffixes the rest counts as somebody's own
    // only if it cannot be one like co.uk; a registry on such a name must be its own token service.
    private static Optional<String> domain(String host) {
        var labels = host.split("\\.", -1);
        var address = host.startsWith("[")
                || Character.isDigit(labels[labels.length - 1].charAt(0));
        var maybePublic = labels.length == 3 && labels[1].length() <= 3;
        if (address || labels.length < 3 || maybePublic) {
            return Optional.empty();
        }
        return Optional.of(host.substring(host.indexOf('.') + 1));
    }
}
