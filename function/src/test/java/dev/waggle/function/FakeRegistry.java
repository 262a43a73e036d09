package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A registry over real HTTP, with its token service. Records what it is asked and refuses what a real
/// one refuses: another method, a missing token, one for another repository. Who does not accept all
/// four types of manifest gets the digest of something else.
final class FakeRegistry implements AutoCloseable {
    static final Digest OF_SOMETHING_ELSE = new Digest("sha256:" + "e".repeat(64));

    private static final String SERVICE = "registry.docker.io";
    private static final List<String> TYPES = List.of(
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.docker.distribution.manifest.v2+json");

    /// One request.
    record Asked(String method, String path, @Nullable String query, @Nullable String token) {
        @Override
        public String toString() {
            return method + " " + path + (query == null ? "" : "?" + query)
                    + (token == null ? "" : " with a token");
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final Map<String, Digest> digests = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable String realm;
    private volatile HttpHandler manifests = this::manifest;
    private volatile HttpHandler tokens = this::token;

    FakeRegistry() {
        try {
            server = HttpServer
                    .create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/v2/", exchange -> answer(exchange, manifests));
        server.createContext("/token", exchange -> answer(exchange, tokens));
        server.setExecutor(threads);
        server.start();
    }

    URI base() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /// What was asked, in order.
    List<String> asked() {
        return asked.stream().map(Asked::toString).toList();
    }

    FakeRegistry holding(String repository, String tag, Digest digest) {
        digests.put("/v2/" + repository + "/manifests/" + tag, digest);
        return this;
    }

    /// Hands out manifests to holders of a token only.
    FakeRegistry withTokens() {
        return withTokensFrom(base() + "/token");
    }

    FakeRegistry withTokensFrom(String address) {
        realm = address;
        return this;
    }

    /// Answers every request for a manifest like this instead.
    FakeRegistry misbehaving(HttpHandler handler) {
        manifests = handler;
        return this;
    }

    /// Answers every request for a token like this instead.
    FakeRegistry misbehavingWithTokens(HttpHandler handler) {
        tokens = handler;
        return this;
    }

    /// Leaves a request without an answer until this registry is closed.
    void hang() {
        try {
            closed.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(HttpExchange exchange, HttpHandler handler) throws IOException {
        try (exchange) {
            var uri = exchange.getRequestURI();
            var authorization = exchange.getRequestHeaders().getFirst("Authorization");
            asked.add(
                    new Asked(exchange.getRequestMethod(), uri.getPath(), uri.getRawQuery(),
                            authorization));
            handler.handle(exchange);
        }
    }

    private void manifest(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        if (!exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(405, -1);
            return;
        }
        var repository = path.substring("/v2/".length(), path.indexOf("/manifests/"));
        var scope = "repository:" + repository + ":pull";
        var authorization = exchange.getRequestHeaders().getFirst("Authorization");
        if (realm != null && !("Bearer " + tokenFor(scope)).equals(authorization)) {
            exchange.getResponseHeaders()
                    .set(
                            "WWW-Authenticate",
                            "Bearer realm=\"" + realm
                                    + "\",service=\"" + SERVICE + "\",scope=\"" + scope + "\"");
            exchange.sendResponseHeaders(401, -1);
            return;
        }
        var digest = digests.get(path);
        if (digest == null) {
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        var accept = Objects
                .requireNonNullElse(exchange.getRequestHeaders().getFirst("Accept"), "");
        var complete = Arrays.stream(accept.split(",", -1))
                .map(String::strip)
                .toList()
                .containsAll(TYPES);
        exchange.getResponseHeaders()
                .set(
                        "Docker-Content-Digest",
                        (complete ? digest : OF_SOMETHING_ELSE).value());
        exchange.sendResponseHeaders(200, -1);
    }

    private void token(HttpExchange exchange) throws IOException {
        var query = Arrays.stream(exchange.getRequestURI().getRawQuery().split("&", -1))
                .map(parameter -> parameter.split("=", 2))
                .collect(Collectors.toMap(p -> p[0], p -> URLDecoder.decode(p[1], UTF_8)));
        var ordinary = exchange.getRequestMethod().equals("GET")
                && SERVICE.equals(query.get("service"));
        if (!ordinary) {
            exchange.sendResponseHeaders(400, -1);
            return;
        }
        respond(
                exchange,
                200,
                "{\"token\":\"" + tokenFor(query.getOrDefault("scope", ""))
                        + "\",\"expires_in\":300,\"issued_at\":\"2026-11-01T10:00:00Z\"}");
    }

    private static String tokenFor(String scope) {
        return Sha256.hex(scope);
    }

    static void respond(HttpExchange exchange, int status, String body) throws IOException {
        var bytes = body.getBytes(UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.close();
    }
}
