package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// A certificate for `localhost` and an authority of our own that made it, which a process trusts
/// beside all those that the JDK trusts: reading those is a part of a cold start.
///
/// @param tls for servers on `localhost`
/// @param options for a JVM that shall trust them
record TrustedHost(SSLContext tls, List<String> options) {
  /// The password of the JDK's own store.
  private static final String PASSWORD = "changeit";

  /// Makes both, with RSA keys as the registry's and SQS's certificates have.
  ///
  /// @param folder to keep them in
  static TrustedHost in(Path folder) {
    Path keys = folder.resolve("keys.p12");
    Path authority = folder.resolve("authority.der");
    Path trusted = folder.resolve("trusted");
    try {
      keytool(
          keys,
          "-genkeypair",
          "ca",
          "-keyalg",
          "RSA",
          "-dname",
          "CN=authority",
          "-ext",
          "bc:critical=ca:true");
      keytool(
          keys,
          "-genkeypair",
          "localhost",
          "-signer",
          "ca",
          "-keyalg",
          "RSA",
          "-dname",
          "CN=localhost",
          "-ext",
          "san=dns:localhost");
      keytool(keys, "-exportcert", "ca", "-file", authority.toString());
      Files.copy(Path.of(System.getProperty("java.home"), "lib", "security", "cacerts"), trusted);
      keytool(trusted, "-importcert", "authority", "-noprompt", "-file", authority.toString());

      KeyStore store = KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray());
      store.deleteEntry("ca");
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, PASSWORD.toCharArray());
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(managers.getKeyManagers(), null, null);
      return new TrustedHost(tls, List.of("-Djavax.net.ssl.trustStore=" + trusted));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void keytool(Path store, String action, String alias, String... more)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                action,
                "-alias",
                alias,
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
    command.addAll(List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IllegalStateException("keytool " + action + ": " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } finally {
      process.destroyForcibly();
    }
  }
}
