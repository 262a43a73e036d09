package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The examples are those of the specifications, and what cosign, Helm and BuildKit push.
class ManifestTest {
  private static final String OCI_IMAGE =
      """
      {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
          "mediaType": "application/vnd.oci.image.config.v1+json",
          "digest": "sha256:b5b2b2c507a0944348e0303114d8d93aaaa081732b86451d9bce1f432a537bc7",
          "size": 7023
        },
        "layers": [
          {
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "digest": "sha256:9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0",
            "size": 32654
          },
          {
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "digest": "sha256:3c3a4604a545cdc127456d94e421cd355bca5b528f4a9c1905b15da2eb4a4c6b",
            "size": 16724
          }
        ],
        "subject": {
          "mediaType": "application/vnd.oci.image.manifest.v1+json",
          "digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270",
          "size": 7682
        },
        "annotations": {"com.example.key1": "value1", "com.example.key2": "value2"}
      }
      """;
  private static final String DOCKER_IMAGE =
      """
      {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
          "mediaType": "application/vnd.docker.container.image.v1+json",
          "digest": "sha256:b5b2b2c507a0944348e0303114d8d93aaaa081732b86451d9bce1f432a537bc7",
          "size": 7023
        },
        "layers": [
          {
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "digest": "sha256:e692418e4cbaf90ca69d05a66403747baa33ee08806650b51fab815ad7fc331f",
            "size": 32654
          }
        ]
      }
      """;
  private static final String INDEX =
      """
      {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
          {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "size": 7143,
            "digest": "sha256:e692418e4cbaf90ca69d05a66403747baa33ee08806650b51fab815ad7fc331f",
            "platform": {"architecture": "ppc64le", "os": "linux"}
          }
        ],
        "annotations": {"com.example.key1": "value1"}
      }
      """;

  private static boolean isImage(String manifest) {
    try {
      return Manifest.isImage(manifest.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String changed(String manifest, String from, String to) {
    assertThat(manifest).contains(from);
    return manifest.replace(from, to);
  }

  @Test
  void knowsAnImageInTheFormOfOciAndInDockers() {
    assertThat(isImage(OCI_IMAGE)).isTrue();
    assertThat(isImage(DOCKER_IMAGE)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
      })
  void knowsAnImageHoweverItsLayersArePacked(String layer) {
    assertThat(isImage(changed(OCI_IMAGE, "application/vnd.oci.image.layer.v1.tar+gzip", layer)))
        .isTrue();
  }

  @Test
  void knowsAnImageWithoutLayers() {
    assertThat(
            isImage(
                """
                {
                  "schemaVersion": 2,
                  "mediaType": "application/vnd.oci.image.manifest.v1+json",
                  "config": {
                    "mediaType": "application/vnd.oci.image.config.v1+json",
                    "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                    "size": 2
                  },
                  "layers": []
                }
                """))
        .isTrue();
  }

  @Test
  void knowsAnImageWithALayerOfAnotherKindAmongItsOwn() {
    assertThat(
            isImage(
                OCI_IMAGE.replaceFirst(
                    "application/vnd.oci.image.layer.v1.tar.gzip", "application/vnd.example+type")))
        .isTrue();
  }

  @Test
  void ignoresASignatureOfCosign() {
    assertThat(
            isImage(
                """
                {
                  "schemaVersion": 2,
                  "mediaType": "application/vnd.oci.image.manifest.v1+json",
                  "config": {
                    "mediaType": "application/vnd.oci.image.config.v1+json",
                    "size": 233,
                    "digest": "sha256:3b5d6e4b4ad0cd3b7fd29f1ed0a7e0a8cc7e6b6c0d6d3a1a5b0fd0f2f3f1b2a7"
                  },
                  "layers": [
                    {
                      "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json",
                      "size": 210,
                      "digest": "sha256:1119abab63e605dcc281019bad0424744178b6f61ba57378701fe7391994c999",
                      "annotations": {
                        "dev.cosignproject.cosign/signature": "MEUCIQDkfUzmJ4zW0s5zKsy8d0nNqAiCu3bw=="
                      }
                    }
                  ]
                }
                """))
        .isFalse();
  }

  @Test
  void ignoresAnAttestationOfCosignAndOneOfBuildKit() {
    for (String layer :
        new String[] {"application/vnd.dsse.envelope.v1+json", "application/vnd.in-toto+json"}) {
      assertThat(isImage(changed(OCI_IMAGE, "application/vnd.oci.image.layer.v1.tar+gzip", layer)))
          .isFalse();
    }
  }

  @Test
  void ignoresAChartOfHelm() {
    assertThat(
            isImage(
                """
                {
                  "schemaVersion": 2,
                  "config": {
                    "mediaType": "application/vnd.cncf.helm.config.v1+json",
                    "digest": "sha256:8ec7c0f2f6860037c19b54c3cfbab48d9b4b21b485a93d87b64690fdb68c2111",
                    "size": 117
                  },
                  "layers": [
                    {
                      "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                      "digest": "sha256:1b251d38cfe948dfc0a5745b7af5ca574ecb61e52aed10b19039db39af6e1617",
                      "size": 2487
                    }
                  ]
                }
                """))
        .isFalse();
  }

  @Test
  void ignoresAnArtifactThatSaysItsType() {
    assertThat(
            isImage(
                """
                {
                  "schemaVersion": 2,
                  "mediaType": "application/vnd.oci.image.manifest.v1+json",
                  "artifactType": "application/vnd.example+type",
                  "config": {
                    "mediaType": "application/vnd.oci.empty.v1+json",
                    "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                    "size": 2
                  },
                  "layers": [
                    {
                      "mediaType": "application/vnd.example+type",
                      "digest": "sha256:e258d248fda94c63753607f7c4494ee0fcbe92f1a76bfdac795c9d84101eb317",
                      "size": 1234
                    }
                  ]
                }
                """))
        .isFalse();
    assertThat(
            isImage(
                changed(
                    OCI_IMAGE,
                    "\"schemaVersion\": 2,",
                    "\"schemaVersion\": 2, \"artifactType\": \"application/vnd.example+type\",")))
        .isFalse();
  }

  @Test
  void ignoresABuildCacheThoughItsLayersAreThoseOfAnImage() {
    assertThat(
            isImage(
                changed(
                    OCI_IMAGE,
                    "application/vnd.oci.image.config.v1+json",
                    "application/vnd.buildkit.cacheconfig.v0")))
        .isFalse();
  }

  @Test
  void ignoresAPluginOfDocker() {
    assertThat(
            isImage(
                changed(
                    DOCKER_IMAGE,
                    "application/vnd.docker.container.image.v1+json",
                    "application/vnd.docker.plugin.v1+json")))
        .isFalse();
  }

  @Test
  void takesAnIndexForAnImage() {
    assertThat(isImage(INDEX)).isTrue();
    assertThat(
            isImage(
                changed(INDEX, "oci.image.index.v1", "docker.distribution.manifest.list.v2")
                    .replace("oci.image.manifest.v1", "docker.distribution.manifest.v2")))
        .isTrue();
  }

  @Test
  void takesAnIndexForAnImageWithAttestationsBesideIt() {
    assertThat(
            isImage(
                changed(
                    INDEX,
                    "\"manifests\": [",
                    """
                    "manifests": [
                      {
                        "mediaType": "application/vnd.oci.image.manifest.v1+json",
                        "digest": "sha256:02cb9aa7600e73fcf41ee9f0f19cc03122b2d8be43d41ce4b21335118f5dd943",
                        "size": 1113,
                        "annotations": {
                          "vnd.docker.reference.digest": "sha256:23678f31b3b3586c4fb318aecfe64a96a1f0916ba8faf9b2be2abee63fa9e827",
                          "vnd.docker.reference.type": "attestation-manifest"
                        },
                        "platform": {"architecture": "unknown", "os": "unknown"}
                      },
                    """)))
        .isTrue();
  }

  /// A platform is optional there.
  @Test
  void takesAnIndexWithoutPlatformsForAnImageUnlessItSaysTheTypeOfAnArtifact() {
    String without =
        INDEX.replaceFirst(
            ",\\s+\"platform\": \\{\"architecture\": \"ppc64le\", \"os\": \"linux\"}", "");
    assertThat(without).doesNotContain("platform");
    assertThat(isImage(without)).isTrue();
    assertThat(
            isImage(
                changed(
                    without,
                    "\"manifests\": [",
                    "\"artifactType\": \"application/vnd.example+type\", \"manifests\": [")))
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "not json",
        "[]",
        "7",
        "{",
        "{}",
        "{\"artifactType\":\"\"}",
        "{\"artifactType\":null,\"config\":null,\"layers\":null}",
        "{\"artifactType\":{\"a\":[1]},\"config\":[\"a\"],\"layers\":{\"a\":{}}}",
        "{\"config\":{\"size\":1},\"layers\":[7,[],{},{\"mediaType\":[\"a\"]}]}",
        "{\"artifactType\":\"application/vnd.example+type\"",
        "{\"artifactType\":\"a/b\",\"artifactType\":\"a/c\"}"
      })
  void takesForAnImageWhatItCannotJudge(String manifest) {
    assertThat(isImage(manifest)).isTrue();
  }
}
