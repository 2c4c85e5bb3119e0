package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MatrixTest {
  @Test
  void newMatricesAreZeroAndAligned() {
    FloatMatrix matrix = FloatMatrix.allocate(Arena.ofAuto(), 3, 5);
    assertThat(matrix.segment().address() % 64).isZero();
    assertThat(matrix.segment().byteSize()).isEqualTo(60);
    assertThat(RowNorms.maxAbs(matrix.segment())).isZero();
    assertThat(IntMatrix.allocate(Arena.ofAuto(), 3, 5).segment().address() % 64).isZero();
  }

  @Test
  void rowsAreWindowsNotCopies() {
    FloatMatrix matrix = Rows.matrix(new float[] {1, 2}, new float[] {3, 4}, new float[] {5, 6});
    FloatMatrix lower = matrix.rows(1, 3);
    lower.set(0, 1, 40);
    matrix.row(2).setAtIndex(Layouts.FLOAT, 0, 50);
    assertThat(matrix.rowToArray(1)).containsExactly(3, 40);
    assertThat(lower.get(1, 0)).isEqualTo(50);
    assertThat(matrix.rows(3, 3).rows()).isZero();
    IntMatrix integers = IntMatrix.copyOf(Arena.ofAuto(), new int[] {1}, new int[] {2});
    integers.rows(1, 2).set(0, 0, 7);
    assertThat(integers.get(1, 0)).isEqualTo(7);
    assertThat(integers.rowToArray(0)).containsExactly(1);
  }

  @Test
  void rowsAreCopiedBetweenMatrices() {
    FloatMatrix source = Rows.matrix(new float[] {1, 2}, new float[] {3, 4});
    FloatMatrix target = Rows.zeros(3, 2);
    target.copyRowFrom(2, source, 1);
    target.setRow(0, new float[] {8, 9, 10});
    assertThat(target.rowToArray(2)).containsExactly(3, 4);
    assertThat(target.rowToArray(0)).containsExactly(8, 9);
    assertThatThrownBy(() -> target.copyRowFrom(0, Rows.zeros(1, 3), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rows of 3 values do not fit rows of 2");
    target.fill(-1);
    assertThat(target.rowToArray(1)).containsExactly(-1, -1);
  }

  @Test
  void columnsBeyondTheRowAreNotTheNextRow() {
    FloatMatrix matrix = Rows.zeros(2, 2);
    assertThatThrownBy(() -> matrix.get(0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> matrix.set(2, 0, 1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> matrix.row(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> matrix.rows(1, 3)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void memoryOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> FloatMatrix.over(MemorySegment.ofArray(new byte[15]), 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("float32 matrix [2,2] needs 16 bytes, given 15");
    assertThatThrownBy(() -> IntMatrix.over(MemorySegment.NULL, -1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("negative extent in [-1,0]");
    assertThatThrownBy(() -> Rows.matrix(new float[1], new float[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row 0 has 1 values, row 1 has 2");
  }

  @Test
  void offsetsBeyondTwoGigabytesAreReached(@TempDir Path folder) throws IOException {
    long bytes = 3L << 30;
    try (Arena arena = Arena.ofConfined();
        FileChannel sparse =
            FileChannel.open(
                folder.resolve("sparse"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.SPARSE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
      MemorySegment memory = sparse.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      FloatMatrix matrix = FloatMatrix.over(memory, 3 << 10, 1 << 18);
      matrix.set((3 << 10) - 1, (1 << 18) - 1, 7);
      assertThat(memory.get(Layouts.FLOAT, bytes - 4)).isEqualTo(7);
      assertThat(matrix.row((3 << 10) - 1).getAtIndex(Layouts.FLOAT, (1 << 18) - 1)).isEqualTo(7);
    }
  }
}
