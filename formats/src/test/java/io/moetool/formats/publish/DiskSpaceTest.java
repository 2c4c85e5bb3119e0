package io.moetool.formats.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.EnvironmentException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskSpaceTest {
  @TempDir Path folder;

  @Test
  void tooLittleIsReportedWithBothNumbers() {
    Path disk = Path.of("/data");
    assertThatThrownBy(() -> DiskSpace.require(disk, 12_345_678_901L, 999))
        .isInstanceOf(EnvironmentException.class)
        .hasMessage(
            """
            /data: not enough disk space: 12.3 GB needed, 999 bytes free
              free 12.3 GB or choose a folder on another disk\
            """);
    assertThatThrownBy(() -> DiskSpace.require(disk, Long.MAX_VALUE, 999_999))
        .hasMessageContaining("9.2 EB needed, 1.0 MB free");
  }

  @Test
  void justEnoughIsEnough() {
    assertThatCode(() -> DiskSpace.require(Path.of("/data"), 1000, 1000))
        .doesNotThrowAnyException();
  }

  @Test
  void aFolderThatIsYetToComeIsAskedOfTheOneAboveIt() {
    Path target = folder.resolve("a/b/out");
    assertThatCode(() -> DiskSpace.require(target, 1)).doesNotThrowAnyException();
    assertThatThrownBy(() -> DiskSpace.require(target, Long.MAX_VALUE))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageStartingWith(folder + ": not enough disk space: 9.2 EB needed, ");
    assertThat(folder).isEmptyDirectory();
  }
}
