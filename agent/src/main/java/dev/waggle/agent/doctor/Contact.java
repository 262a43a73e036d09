package dev.waggle.agent.doctor;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/// A server that notifications go to. Nothing is sent to it: what follows the host in an address
/// may be a secret.
///
/// @param name what tells it from others, no secret
/// @param host its name
/// @param port its port
/// @param encrypted whether it is spoken to in TLS
public record Contact(String name, String host, int port, boolean encrypted) {

  /// Connects, shakes hands where that is done, and hangs up.
  ///
  /// @param longest for each of the two
  /// @return what is in the way, empty if nothing is
  public Optional<String> obstacle(Duration longest) {
    int millis = (int) longest.toMillis();
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), millis);
      socket.setSoTimeout(millis);
      if (encrypted) {
        shakeHands(socket);
      }
      return Optional.empty();
    } catch (IOException unreachable) {
      return Optional.of(unreachable.toString());
    }
  }

  private void shakeHands(Socket plain) throws IOException {
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    try (SSLSocket socket = (SSLSocket) factory.createSocket(plain, host, port, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      // A socket of its own trusts any name that some authority signed.
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.startHandshake();
    }
  }
}
