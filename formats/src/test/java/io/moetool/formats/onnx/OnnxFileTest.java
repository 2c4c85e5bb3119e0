package io.moetool.formats.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.onnx.proto.AttributeProto;
import io.moetool.formats.onnx.proto.GraphProto;
import io.moetool.formats.onnx.proto.ModelProto;
import io.moetool.formats.onnx.proto.NodeProto;
import io.moetool.formats.onnx.proto.StringStringEntryProto;
import io.moetool.formats.onnx.proto.TensorProto;
import io.moetool.formats.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxFileTest {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @TempDir private Path folder;

  @Test
  void rawDataAreMappedWhereTheyLie() throws IOException {
    byte[] raw = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40};
    try (OnnxFile model = written(tensor("w", DataType.FLOAT, 2).setRawData(bytes(raw)))) {
      OnnxTensor tensor = model.tensors().firstEntry().getValue();
      assertThat(tensor.name()).isEqualTo("w");
      assertThat(tensor.dtype()).contains(DType.F32);
      assertThat(tensor.shape()).isEqualTo(Shape.of(2));
      assertThat(tensor.bytes().isMapped()).isTrue();
      assertThat(tensor.bytes().isReadOnly()).isTrue();
      assertThat(tensor.bytes().toArray(FLOAT)).containsExactly(1, 2);
      assertThat(model.tensorBytes()).isEqualTo(8);
    }
  }

  @Test
  void externalDataAreMappedWhereTheyLie() throws IOException {
    Files.write(folder.resolve("weights"), new byte[] {9, 9, 0, 0, (byte) 0x80, 0x3f, 9});
    try (OnnxFile model = written(external("weights", "2", "4"))) {
      OnnxTensor tensor = model.tensors().firstEntry().getValue();
      assertThat(tensor.bytes().isMapped()).isTrue();
      assertThat(tensor.bytes().toArray(FLOAT)).containsExactly(1);
      assertThat(tensor.location()).isEqualTo(folder.resolve("weights").toString());
      assertThat(model.files())
          .containsExactly(folder.resolve("model.onnx"), folder.resolve("weights"));
    }
  }

  @Test
  void withoutOffsetAndLengthDataBeginWithTheFile() throws IOException {
    Files.write(folder.resolve("weights"), new byte[] {0, 0, 0, 0x40, 9});
    TensorProto.Builder tensor =
        tensor("w", DataType.FLOAT, 1)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", "weights"));
    try (OnnxFile model = written(tensor)) {
      assertThat(model.tensors().firstEntry().getValue().bytes().toArray(FLOAT)).containsExactly(2);
    }
  }

  @Test
  void numbersInListsHaveTheBytesOfTheirType() throws IOException {
    TensorProto half =
        tensor("half", DataType.FLOAT16, 2).addInt32Data(0x3c00).addInt32Data(0xc000).build();
    TensorProto nibbles =
        tensor("nibbles", DataType.UINT4, 3).addInt32Data(0x21).addInt32Data(3).build();
    TensorProto longs = tensor("longs", DataType.INT64, 1).addInt64Data(-2).build();
    TensorProto doubles = tensor("doubles", DataType.DOUBLE, 1).addDoubleData(1).build();
    TensorProto unsigned =
        tensor("unsigned", DataType.UINT32, 1).addUint64Data(0xffff_fffeL).build();
    try (OnnxFile model = written(half, nibbles, longs, doubles, unsigned)) {
      assertThat(elements(model, "half")).containsExactly(0, 0x3c, 0, 0xc0);
      assertThat(elements(model, "nibbles")).containsExactly(0x21, 3);
      assertThat(elements(model, "longs")).containsExactly(0xfe, 255, 255, 255, 255, 255, 255, 255);
      assertThat(elements(model, "doubles")).containsExactly(0, 0, 0, 0, 0, 0, 0xf0, 0x3f);
      assertThat(elements(model, "unsigned")).containsExactly(0xfe, 255, 255, 255);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "/etc/hosts", "a/../../outside", "..", "", "a\\b"})
  void namesThatLeadOutOfTheFolderAreRefused(String location) throws IOException {
    Files.write(folder.resolve("outside"), new byte[4]);
    Path inner = Files.createDirectory(folder.resolve("inner"));
    assertThatThrownBy(() -> written(inner, external(location, "0", "4").build()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tensor 'w'")
        .hasMessageContaining("is no name of a file inside the folder");
  }

  @Test
  void linksThatLeadOutOfTheFolderAreRefused() throws IOException {
    Path outside = Files.write(folder.resolve("outside"), new byte[4]);
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Files.createSymbolicLink(inner.resolve("weights"), outside);
    assertThatThrownBy(() -> written(inner, external("weights", "0", "4").build()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("is a link that leads out of its folder");
  }

  @ParameterizedTest
  @CsvSource({
    "weights, 5, 4, do not lie in weights",
    "weights, 9223372036854775807, 4, do not lie in weights",
    "weights, 0, 8, type and shape make 4 bytes",
    "weights, -1, 4, no count of bytes",
    "weights, x, 4, no count of bytes",
    "weights, 0, 99999999999999999999, no count of bytes",
    "elsewhere, 0, 4, there is no such file beside the model",
  })
  void dataThatDoNotLieWhereTheModelSaysAreRefused(
      String location, String offset, String length, String message) throws IOException {
    Files.write(folder.resolve("weights"), new byte[8]);
    assertThatThrownBy(() -> written(external(location, offset, length)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(folder.resolve("model.onnx") + ": tensor 'w': ")
        .hasMessageContaining(message);
  }

  @Test
  void dataOfNestedTensorsAreCheckedToo() {
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setOpType("Constant")
            .addOutput("c")
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("value")
                    .setType(AttributeProto.AttributeType.TENSOR)
                    .setT(external("../outside", "0", "4")));
    assertThatThrownBy(() -> open(folder, GraphProto.newBuilder().addNode(node)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("is no name of a file inside the folder");
  }

  @Test
  void contradictionsAreRefused() {
    assertRefused("has a negative extent", tensor("w", DataType.FLOAT, -1));
    assertRefused(
        "are 8 bytes, it has 4", tensor("w", DataType.FLOAT, 2).setRawData(bytes(new byte[4])));
    assertRefused("are 4 bytes, it has 0", tensor("w", DataType.FLOAT, 1));
    assertRefused("of type 99, which is not known", tensor("w", DataType.FLOAT, 1).setDataType(99));
    assertRefused("beyond any file", tensor("w", DataType.FLOAT, Long.MAX_VALUE, 8));
    assertRefused("has no name", tensor("", DataType.FLOAT, 0));
    assertRefused(
        "two of this name", tensor("w", DataType.FLOAT, 0), tensor("w", DataType.FLOAT, 0));
    assertRefused(
        "no location says",
        tensor("w", DataType.FLOAT, 1).setDataLocation(TensorProto.DataLocation.EXTERNAL));
  }

  @Test
  void whatIsNoModelIsRefused() throws IOException {
    for (byte[] content :
        List.of(new byte[0], new byte[] {1}, new byte[] {0x3a, 0x7f}, new byte[] {0x7b, 0x7d})) {
      Path file = Files.write(folder.resolve("model.onnx"), content);
      assertThatThrownBy(() -> OnnxFile.open(file))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("is no ONNX model");
    }
  }

  @Test
  void aFileOfMoreThanProtobufAllowsIsRefused() throws IOException {
    Path file = folder.resolve("model.onnx");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 31);
    }
    assertThatThrownBy(() -> OnnxFile.open(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("an ONNX model has at most 2147483647")
        .hasMessageContaining("external data");
  }

  @Test
  void anyDamageIsReadOrRefused() throws IOException {
    Files.write(folder.resolve("weights"), new byte[8]);
    byte[] sound =
        model(
                GraphProto.newBuilder()
                    .addNode(NodeProto.newBuilder().setOpType("Add").addInput("w").addOutput("y"))
                    .addInitializer(external("weights", "2", "4"))
                    .addInitializer(tensor("v", DataType.FLOAT, 1).setRawData(bytes(new byte[4])))
                    .addInitializer(tensor("u", DataType.INT64, 2).addInt64Data(1).addInt64Data(2)))
            .toByteArray();
    SplittableRandom random = new SplittableRandom(7);
    Path file = folder.resolve("model.onnx");
    for (int i = 0; i < 3000; i++) {
      byte[] damaged =
          Arrays.copyOf(
              sound, random.nextInt(4) == 0 ? random.nextInt(sound.length) : sound.length);
      for (int flips = random.nextInt(4); flips >= 0 && damaged.length > 0; flips--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      Files.write(file, damaged);
      try (OnnxFile model = OnnxFile.open(file)) {
        model.fingerprint();
        model.moeLayers();
      } catch (BadInputException e) {
        assertThat(e).hasMessageContaining("\n  ");
      }
    }
  }

  @Test
  void theFingerprintIsOfContentAndNotOfPlace() throws IOException {
    byte[] raw = {1, 2, 3, 4};
    String inline;
    String elsewhere;
    String other;
    try (OnnxFile model = written(tensor("w", DataType.FLOAT, 1).setRawData(bytes(raw)))) {
      inline = model.fingerprint();
    }
    Files.write(folder.resolve("weights"), raw);
    try (OnnxFile model = written(external("weights", "0", "4"))) {
      elsewhere = model.fingerprint();
    }
    Files.write(folder.resolve("weights"), new byte[4]);
    try (OnnxFile model = written(external("weights", "0", "4"))) {
      other = model.fingerprint();
    }
    assertThat(elsewhere).isEqualTo(inline).isNotEqualTo(other).matches("sha256:[0-9a-f]{64}");
  }

  private void assertRefused(String message, TensorProto.Builder... tensors) {
    assertThatThrownBy(() -> written(tensors))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }

  private static int[] elements(OnnxFile model, String name) {
    byte[] bytes =
        Objects.requireNonNull(model.tensors().get(name)).bytes().toArray(ValueLayout.JAVA_BYTE);
    int[] unsigned = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      unsigned[i] = Byte.toUnsignedInt(bytes[i]);
    }
    return unsigned;
  }

  private OnnxFile written(TensorProto.Builder... tensors) throws IOException {
    return written(
        Arrays.stream(tensors).map(TensorProto.Builder::build).toArray(TensorProto[]::new));
  }

  private OnnxFile written(TensorProto... tensors) throws IOException {
    return written(folder, tensors);
  }

  private static OnnxFile written(Path folder, TensorProto... tensors) throws IOException {
    return open(folder, GraphProto.newBuilder().addAllInitializer(List.of(tensors)));
  }

  private static OnnxFile open(Path folder, GraphProto.Builder graph) throws IOException {
    Files.write(folder.resolve("model.onnx"), model(graph).toByteArray());
    return OnnxFile.open(folder);
  }

  private static ModelProto model(GraphProto.Builder graph) {
    return ModelProto.newBuilder().setIrVersion(10).setGraph(graph).build();
  }

  private static TensorProto.Builder tensor(String name, DataType type, long... dims) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(type.getNumber());
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    return tensor;
  }

  private static TensorProto.Builder external(String location, String offset, String length) {
    return tensor("w", DataType.FLOAT, 1)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", location))
        .addExternalData(entry("offset", offset))
        .addExternalData(entry("length", length));
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static ByteString bytes(byte[] bytes) {
    return ByteString.copyFrom(bytes);
  }
}
