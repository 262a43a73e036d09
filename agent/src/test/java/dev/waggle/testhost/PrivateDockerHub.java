package dev.waggle.testhost;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// Docker Hub as an engine sees it when every repository is private: `registry-1.docker.io`, a real
/// registry over TLS that wants a token, and `auth.docker.io`, which gives one that opens the
/// repositories of `vorce` to one account, and to anybody else one that opens nothing.
///
/// It holds what is pushed to the engine's local registry.
public final class PrivateDockerHub implements AutoCloseable {
  /// The name of the account.
  public static final String USER = "reader";

  private static final String SERVICE = "registry.docker.io";
  private static final String ISSUER = "auth.docker.io";
  private static final String OPENED = "repository:vorce/";
  private static final int FUNCTIONS_PORT = 5001;
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration LIFE_OF_A_TOKEN = Duration.ofMinutes(5);
  private static final JsonMapper JSON = new JsonMapper();

  private final String password = random();
  private final String identityToken = random();
  private final AtomicInteger tokensLeft = new AtomicInteger(Integer.MAX_VALUE);
  private final URI registryForFunction;
  private final Keys keys;
  private final HttpsServer authority;

  private PrivateDockerHub(NamespacedEngine engine) throws IOException, GeneralSecurityException {
    Path directory = engine.directory();
    keys = Keys.make(directory);
    authority = HttpsServer.create(new InetSocketAddress(engine.hostAddress().orElseThrow(), 0), 0);
    authority.setHttpsConfigurator(new HttpsConfigurator(keys.tls()));
    authority.createContext("/token", this::answer);
    authority.start();
    String address = engine.registry().getHost();
    registryForFunction = URI.create("http://" + address + ":" + FUNCTIONS_PORT);
    Files.writeString(
        directory.resolve("hub.yml"),
        """
        version: 0.1
        log: {level: warn, accesslog: {disabled: true}}
        storage:
          filesystem: {rootdirectory: %s}
        http: {addr: "0.0.0.0:443", tls: {certificate: %s, key: %s}}
        auth: {token: {realm: "https://%s:%d/token", service: %s, issuer: %s, rootcertbundle: %2$s}}
        """
            .formatted(
                directory.resolve("registry"),
                keys.certificateFile(),
                keys.keyFile(),
                ISSUER,
                authority.getAddress().getPort(),
                SERVICE,
                ISSUER));
    // Knows nobody, so that whoever asks is told to log in.
    Path nobody = Files.createFile(directory.resolve("nobody"));
    Files.writeString(
        directory.resolve("hub-for-function.yml"),
        """
        version: 0.1
        log: {level: warn, accesslog: {disabled: true}}
        storage:
          filesystem: {rootdirectory: %s}
        http: {addr: "0.0.0.0:%d"}
        auth: {htpasswd: {realm: hub, path: %s}}
        """
            .formatted(directory.resolve("registry"), FUNCTIONS_PORT, nobody));
    engine.run(
        "for it in hub hub-for-function; do docker-registry serve \"$directory/$it.yml\""
            + " >\"$directory/$it.log\" 2>&1 & done");
    engine.withoutMirror(
        Files.readString(keys.certificateFile()),
        "127.0.0.1 localhost\n"
            + address
            + " registry-1.docker.io\n"
            + engine.hostAddress().orElseThrow()
            + " "
            + ISSUER
            + "\n");
    awaitListener(address, 443);
    awaitListener(address, FUNCTIONS_PORT);
  }

  /// Answers for Docker Hub to an engine from now on, in place of its mirror.
  public static PrivateDockerHub start(NamespacedEngine engine) {
    try {
      return new PrivateDockerHub(engine);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /// The password of the account.
  public String password() {
    return password;
  }

  /// What stands for the account in place of name and password.
  public String identityToken() {
    return identityToken;
  }

  /// The same repositories without TLS, as private as the others.
  public URI registryForFunction() {
    return registryForFunction;
  }

  /// Opens the repositories for this many further requests and then to nobody.
  public void revokesAfterTokens(int tokens) {
    tokensLeft.set(tokens);
  }

  /// Opens the repositories to the account again.
  public void revokesNothing() {
    tokensLeft.set(Integer.MAX_VALUE);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> asked =
          parameters(
              exchange.getRequestMethod().equals("POST")
                  ? new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
                  : exchange.getRequestURI().getRawQuery());
      String who = exchange.getRequestHeaders().getFirst("Authorization");
      String refresh = asked.get("refresh_token");
      boolean known = refresh != null ? refresh.equals(identityToken) : basic().equals(who);
      boolean anonymous = refresh == null && who == null;
      if (!known && !anonymous) {
        send(
            exchange,
            401,
            JSON.createObjectNode().put("details", "incorrect username or password"));
        return;
      }
      String scope = asked.getOrDefault("scope", "");
      boolean opened =
          known
              && scope.startsWith(OPENED)
              && scope.endsWith(":pull")
              && tokensLeft.getAndDecrement() > 0;
      String token = keys.token(opened ? scope.split(":", -1)[1] : null);
      send(
          exchange,
          200,
          JSON.createObjectNode()
              .put("token", token)
              .put("access_token", token)
              .put("expires_in", LIFE_OF_A_TOKEN.toSeconds())
              .put("issued_at", Instant.now().toString()));
    }
  }

  private static void send(HttpExchange exchange, int status, ObjectNode answer)
      throws IOException {
    byte[] body = JSON.writeValueAsBytes(answer);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  private String basic() {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((USER + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, String> parameters(@Nullable String encoded) {
    return Arrays.stream(Optional.ofNullable(encoded).orElse("").split("&"))
        .map(parameter -> parameter.split("=", 2))
        .filter(parameter -> parameter.length == 2)
        .collect(
            Collectors.toMap(
                parameter -> parameter[0],
                parameter -> URLDecoder.decode(parameter[1], StandardCharsets.UTF_8),
                (first, second) -> first));
  }

  private static String random() {
    return HexFormat.of().formatHex(new SecureRandom().generateSeed(16));
  }

  private static void awaitListener(String address, int port) {
    Await.until(
        "a registry on port " + port,
        SOON,
        () -> {
          try (Socket socket = new Socket(address, port)) {
            return socket.isConnected();
          }
        });
  }

  /// The registries end with the engine.
  @Override
  public void close() {
    authority.stop(0);
  }

  /// One key for TLS and for tokens, with a certificate that is its own authority.
  private record Keys(
      PrivateKey key, Certificate certificate, Path keyFile, Path certificateFile, SSLContext tls) {

    private static final String STORE_PASSWORD = "throw-away";

    static Keys make(Path directory) throws IOException, GeneralSecurityException {
      Path file = directory.resolve("hub.p12");
      HostCommand.run(
          SOON,
          Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
          "-genkeypair",
          "-alias",
          "hub",
          "-keyalg",
          "RSA",
          "-keysize",
          "2048",
          "-dname",
          "CN=hub",
          "-ext",
          "bc=ca:true",
          "-ext",
          "san=dns:registry-1.docker.io,dns:" + ISSUER,
          "-keystore",
          file.toString(),
          "-storepass",
          STORE_PASSWORD);
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream stored = Files.newInputStream(file)) {
        store.load(stored, STORE_PASSWORD.toCharArray());
      }
      PrivateKey key = (PrivateKey) store.getKey("hub", STORE_PASSWORD.toCharArray());
      Certificate certificate = store.getCertificate("hub");
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, STORE_PASSWORD.toCharArray());
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(managers.getKeyManagers(), null, null);
      return new Keys(
          key,
          certificate,
          Files.writeString(directory.resolve("hub.key"), pem("PRIVATE KEY", key.getEncoded())),
          Files.writeString(
              directory.resolve("hub.crt"), pem("CERTIFICATE", certificate.getEncoded())),
          tls);
    }

    private static String pem(String what, byte[] content) {
      return "-----BEGIN "
          + what
          + "-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
          + "\n-----END "
          + what
          + "-----\n";
    }

    /// A token by the distribution project's specification.
    ///
    /// @param repository what may be pulled with it, null if nothing may
    String token(@Nullable String repository) {
      try {
        ObjectNode header = JSON.createObjectNode().put("typ", "JWT").put("alg", "RS256");
        header.putArray("x5c").add(Base64.getEncoder().encodeToString(certificate.getEncoded()));
        long now = Instant.now().getEpochSecond();
        ObjectNode claims =
            JSON.createObjectNode()
                .put("iss", ISSUER)
                .put("sub", repository == null ? "" : USER)
                .put("aud", SERVICE)
                .put("iat", now)
                .put("nbf", now - 60)
                .put("exp", now + LIFE_OF_A_TOKEN.toSeconds())
                .put("jti", UUID.randomUUID().toString());
        ArrayNode access = claims.putArray("access");
        if (repository != null) {
          access
              .addObject()
              .put("type", "repository")
              .put("name", repository)
              .putArray("actions")
              .add("pull");
        }
        String content =
            encoded(JSON.writeValueAsBytes(header)) + "." + encoded(JSON.writeValueAsBytes(claims));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(content.getBytes(StandardCharsets.US_ASCII));
        return content + "." + encoded(signature.sign());
      } catch (GeneralSecurityException | IOException impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    private static String encoded(byte[] content) {
      return Base64.getUrlEncoder().withoutPadding().encodeToString(content);
    }
  }
}
