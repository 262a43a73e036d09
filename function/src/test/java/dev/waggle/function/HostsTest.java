package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostsTest {
  @ParameterizedTest
  @CsvSource({
    "https://auth.docker.io/token,https://registry-1.docker.io",
    "https://docker.io/token,https://registry-1.docker.io",
    "https://AUTH.DOCKER.IO/token,https://registry-1.docker.io",
    "https://registry.example.co.uk/token,https://registry.example.co.uk",
    "https://auth.example.co.uk/token,https://registry.example.co.uk",
    "https://ghcr.io/token,https://ghcr.io",
    "https://10.0.0.1:8443/token,https://10.0.0.1",
    "https://auth.quay.example/token,https://cdn.quay.example",
    "https://10.0.0.1:65535/token,https://10.0.0.1",
    "http://127.0.0.1:5001/token,http://127.0.0.1:5000",
    "https://127.0.0.1:5001/token,http://127.0.0.1:5000"
  })
  void belongsToAParty(URI address, URI party) {
    assertThat(Hosts.belongs(address, party)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "http://auth.docker.io/token,https://registry-1.docker.io",
    "http://registry-1.docker.io/token,https://registry-1.docker.io",
    "http://auth.docker.io/token,http://registry-1.docker.io",
    "https://auth.docker.io:8443/token,https://registry-1.docker.io",
    "https://auth.docker.io.evil.example/token,https://registry-1.docker.io",
    "https://evildocker.io/token,https://registry-1.docker.io",
    "https://169.254.169.254/latest,https://registry-1.docker.io",
    "https://auth.docker.ix/token,https://registry-1.docker.io",
    "https://evil.com.au/token,https://registry.com.au",
    "https://evil.io/token,https://ghcr.io",
    "https://evil.co.uk/token,https://registry.co.uk",
    "https://10.0.0.2/token,https://10.0.0.1",
    "https://[::2]/token,https://[::1]",
    "https://auth.docker.io@evil.example/token,https://registry-1.docker.io",
    "https://user@auth.docker.io/token,https://registry-1.docker.io",
    "https://auth.docker.io:99999/,https://registry-1.docker.io",
    "https://evil.docker.io./token,https://registry-1.docker.io.",
    "/token,https://registry-1.docker.io",
    "mailto:x,https://registry-1.docker.io",
    "file://registry-1.docker.io/etc/passwd,https://registry-1.docker.io"
  })
  void belongsToNoOther(URI address, URI party) {
    assertThat(Hosts.belongs(address, party)).isFalse();
  }
}
