package io.moetool.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorViewTest {
  private static final TensorInfo INFO = new TensorInfo("experts", DType.U8, Shape.of(3, 2));

  @Test
  void aSliceIsTheBytesOfOneIndexOfTheOutermostAxis() {
    TensorView view =
        new TensorView(INFO, MemorySegment.ofArray(new byte[] {0, 1, 10, 11, 20, 21}));
    assertThat(view.slice(2).toArray(ValueLayout.JAVA_BYTE)).containsExactly(20, 21);
  }

  @Test
  void aSliceBeyondTheLastIsRefused() {
    TensorView view = new TensorView(INFO, MemorySegment.ofArray(new byte[6]));
    assertThatThrownBy(() -> view.slice(3)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void bytesMustFillTheShape() {
    assertThatThrownBy(() -> new TensorView(INFO, MemorySegment.ofArray(new byte[5])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor experts U8[3,2] needs 6 bytes, given 5");
  }

  @Test
  void aViewCannotBeWrittenThrough() {
    byte[] bytes = new byte[6];
    TensorView view = new TensorView(INFO, MemorySegment.ofArray(bytes));
    assertThatThrownBy(() -> view.bytes().set(ValueLayout.JAVA_BYTE, 0, (byte) 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(bytes).containsOnly(0);
  }

  @Test
  void renamingAndReshapingKeepTheRest() {
    assertThat(INFO.withName("x")).isEqualTo(new TensorInfo("x", DType.U8, Shape.of(3, 2)));
    assertThat(INFO.withShape(Shape.of(1, 2)).byteSize()).isEqualTo(2);
  }

  @Test
  void contentHandsItsPiecesOverInOrder() throws IOException {
    List<MemorySegment> pieces =
        List.of(MemorySegment.ofArray(new byte[] {1, 2}), MemorySegment.ofArray(new byte[] {3}));
    List<MemorySegment> taken = new ArrayList<>();
    TensorContent.of(pieces).writeTo(taken::add);
    assertThat(taken).isEqualTo(pieces);
  }

  @Test
  void aFailureSaysWhereWhatAndTheMend() {
    Throwable cause = new IOException("bad sector");
    assertThat(new BadInputException("a.json line 3", "no number", "write a number"))
        .hasMessage("a.json line 3: no number\n  write a number");
    assertThat(new EnvironmentException("/disk", "is full", "free space", cause))
        .hasMessage("/disk: is full\n  free space")
        .hasCause(cause);
  }
}
