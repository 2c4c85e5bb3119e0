package io.moetool.maven;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintTest {
  private static final FileTime EARLIER = FileTime.fromMillis(1_000);
  private static final FileTime LATER = FileTime.fromMillis(2_000);

  @TempDir private Path folder;

  @Test
  void smallFilesCountByContent() throws IOException {
    Path file = Files.writeString(folder.resolve("plan.json"), "one");
    Files.setLastModifiedTime(file, EARLIER);
    String first = fingerprint();

    Files.setLastModifiedTime(file, LATER);
    assertThat(fingerprint()).isEqualTo(first);

    Files.writeString(file, "two");
    Files.setLastModifiedTime(file, EARLIER);
    assertThat(fingerprint()).isNotEqualTo(first);
  }

  @Test
  void largeFilesCountBySizeAndTime() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Files.write(file, new byte[(1 << 20) + 1]);
    Files.setLastModifiedTime(file, EARLIER);
    String first = fingerprint();

    Files.setLastModifiedTime(file, LATER);
    assertThat(fingerprint()).isNotEqualTo(first);

    Files.setLastModifiedTime(file, EARLIER);
    assertThat(fingerprint()).isEqualTo(first);
  }

  @Test
  void newAndRenamedFilesAreChanges() throws IOException {
    String empty = fingerprint();
    Path file = Files.writeString(folder.resolve("a"), "");
    String one = fingerprint();
    Files.move(file, folder.resolve("b"));

    assertThat(List.of(empty, one, fingerprint())).doesNotHaveDuplicates();
  }

  @Test
  void whereOneValueEndsAndTheNextBeginsCounts() {
    assertThat(new Fingerprint().add(List.of("ab", "c")).value())
        .isNotEqualTo(new Fingerprint().add(List.of("a", "bc")).value());
  }

  private String fingerprint() throws IOException {
    return new Fingerprint().addFiles(List.of(folder)).value();
  }
}
