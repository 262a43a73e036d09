package dev.waggle.testhost;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/// TLS before a server that does not speak it, under a certificate that is its own authority.
///
/// It hands on bytes and ends a connection when either side does, so that the server notices a
/// client that is gone.
public final class TlsFront implements AutoCloseable {
  private static final Duration OF_KEYTOOL = Duration.ofMinutes(1);
  private static final String NAME = "front";

  /// That of the JDK's own store.
  private static final char[] PASSWORD = "changeit".toCharArray();

  private static final int WAITING = 50;

  private static final Map<String, KeyStore> KEYS = new HashMap<>();

  private final URI server;
  private final Path directory;
  private final SSLServerSocket listening;

  private TlsFront(URI server, String address) throws IOException, GeneralSecurityException {
    this.server = server;
    this.directory = Files.createTempDirectory("waggle-tls");
    this.listening =
        (SSLServerSocket)
            certificate(address)
                .getServerSocketFactory()
                .createServerSocket(0, WAITING, InetAddress.getByName(address));
    Thread.ofVirtual().start(this::accept);
  }

  /// Listens on a free port of an address.
  ///
  /// @param server what stands behind
  /// @param address of this machine, in digits
  public static TlsFront before(URI server, String address) {
    try {
      return new TlsFront(server, address);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /// Where it listens.
  public URI endpoint() {
    return URI.create(
        "https://" + listening.getInetAddress().getHostAddress() + ":" + listening.getLocalPort());
  }

  /// A store with the JDK's authorities and this one, to take the place of a JDK's `cacerts`;
  /// deleted on close.
  public Path authorities() {
    return directory.resolve("cacerts");
  }

  private SSLContext certificate(String address) throws IOException, GeneralSecurityException {
    KeyStore keys = keys(address);
    Path home = Path.of(System.getProperty("java.home"));
    KeyStore trusted =
        KeyStore.getInstance(home.resolve("lib", "security", "cacerts").toFile(), PASSWORD);
    trusted.setCertificateEntry(NAME, keys.getCertificate(NAME));
    try (OutputStream out = Files.newOutputStream(authorities())) {
      // A store that is read without a password stays so.
      trusted.store(out, PASSWORD);
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    return tls;
  }

  /// Made once for an address: keytool is a JVM of its own.
  private static synchronized KeyStore keys(String address)
      throws IOException, GeneralSecurityException {
    KeyStore made = KEYS.get(address);
    if (made != null) {
      return made;
    }
    Path directory = Files.createTempDirectory("waggle-keys");
    Path file = directory.resolve("keys.p12");
    HostCommand.run(
        OF_KEYTOOL,
        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-genkeypair",
        "-alias",
        NAME,
        "-keyalg",
        "RSA",
        "-keysize",
        "2048",
        "-dname",
        "CN=" + NAME,
        "-ext",
        "bc=ca:true",
        "-ext",
        "san=ip:" + address,
        "-keystore",
        file.toString(),
        "-storepass",
        new String(PASSWORD));
    KeyStore keys = KeyStore.getInstance(file.toFile(), PASSWORD);
    BaseImage.delete(directory);
    KEYS.put(address, keys);
    return keys;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        Thread.ofVirtual().start(() -> connect(client));
      }
    } catch (IOException closed) {
      // Nobody is let in any more.
    }
  }

  private void connect(Socket client) {
    try (client;
        Socket behind = new Socket(server.getHost(), server.getPort())) {
      Thread.ofVirtual().start(() -> handOn(behind, client));
      handOn(client, behind);
    } catch (IOException unreachable) {
      // The client sees its connection end.
    }
  }

  private static void handOn(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException ended) {
      // Either side may end it at any time.
    }
  }

  /// Lets nobody in any more; connections end with those that have them.
  @Override
  public void close() {
    try {
      listening.close();
      Files.deleteIfExists(authorities());
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
