package dev.waggle.faults;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;

final class RegistryFront implements AutoCloseable {

  private final Front front;

  RegistryFront(URI registry, String address) {
    front = new Front(registry, address, this::pass);
  }

  URI address() {
    return front.address();
  }

  void suffer(Front.Trouble trouble) {
    front.suffer(trouble);
  }

  void recover() {
    front.recover();
  }

  private void pass(HttpExchange exchange, byte[] body) throws IOException {
    Front.passBack(exchange, front.ask(exchange, body));
  }

  @Override
  public void close() {
    front.close();
  }
}
