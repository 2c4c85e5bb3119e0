package io.moetool.formats.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SafetensorsHeaderTest {
  @Test
  void theEmptyFileIsTheReferenceImage() {
    byte[] image = {8, 0, 0, 0, 0, 0, 0, 0, '{', '}', ' ', ' ', ' ', ' ', ' ', ' '};
    SafetensorsHeader header = SafetensorsHeader.of(List.of(), Map.of());
    assertThat(header.toBytes()).isEqualTo(image);
    assertThat(Image.parse(image)).isEqualTo(header);
    assertThat(header.fileBytes()).isEqualTo(16);
  }

  @Test
  void aFileOfOneTensorIsTheReferenceImage() {
    String json = "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}    ";
    assertThat(json).hasSize(64);
    SafetensorsHeader header =
        SafetensorsHeader.of(List.of(new TensorInfo("test", DType.I32, Shape.of(2, 2))), Map.of());
    assertThat(header.toBytes()).isEqualTo(Image.of(json));
    assertThat(Image.parse(Image.of(json, new byte[16]))).isEqualTo(header);
    assertThat(header.dataStart()).isEqualTo(72);
    assertThat(header.fileBytes()).isEqualTo(88);
  }

  @Test
  void metadataComeFirstAndSorted() {
    SafetensorsHeader header =
        SafetensorsHeader.of(
            List.of(new TensorInfo("a", DType.U8, Shape.of(0))), Map.of("z", "1", "format", "pt"));
    assertThat(new String(header.toBytes(), 8, 47, StandardCharsets.UTF_8))
        .isEqualTo("{\"__metadata__\":{\"format\":\"pt\",\"z\":\"1\"},\"a\":{\"d");
  }

  @Test
  void tensorsAreListedInTheOrderOfTheirBytes() {
    SafetensorsHeader header =
        Image.parse(
            Image.of(
                """
                {"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},
                 "__metadata__":{"k":"v"},
                 "a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}\
                """,
                new byte[3]));
    assertThat(header.tensors().sequencedKeySet()).containsExactly("a", "b");
    assertThat(header.metadata()).containsExactly(Map.entry("k", "v"));
    assertThat(header.dataBytes()).isEqualTo(3);
  }

  @Test
  void scalarsEmptyTensorsAndTheEmptyNameAreTensors() {
    SafetensorsHeader header =
        Image.parse(
            Image.of(
                """
                {"z":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
                 "e2":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]},
                 "e1":{"dtype":"I64","shape":[0],"data_offsets":[4,4]},
                 "":{"dtype":"F4","shape":[2],"data_offsets":[4,5]}}\
                """,
                new byte[5]));
    assertThat(header.tensors().sequencedKeySet()).containsExactly("z", "e2", "e1", "");
    assertThat(header.warnings()).isEmpty();
  }

  @Test
  void whiteSpaceAroundTheObjectIsAllowed() {
    assertThat(Image.parse(Image.of(" \t\r\n{} \t\r\n")).tensors()).isEmpty();
  }

  @Test
  void absentMetadataMayBeNullOrEmpty() {
    assertThat(Image.parse(Image.of("{\"__metadata__\":null}")).metadata()).isEmpty();
    assertThat(Image.parse(Image.of("{\"__metadata__\":{}}")).metadata()).isEmpty();
  }

  @Test
  void unknownFieldsAreIgnoredWithAWarning() {
    SafetensorsHeader header =
        Image.parse(
            Image.of(
                """
                {"a":{"dtype":"U8","strides":[[1]],"shape":[0],"data_offsets":[0,0],"x":{"y":1}}}\
                """));
    assertThat(header.tensors()).containsOnlyKeys("a");
    assertThat(header.warnings())
        .containsExactly(
            "2 unknown fields of tensors were ignored, the first is 'strides' of tensor 'a'");
  }

  @Test
  void oddAddressesAreReadWithAWarning() {
    SafetensorsHeader header =
        Image.parse(
            Image.of(
                """
                {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},
                 "b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}\
                """,
                new byte[5]));
    assertThat(header.warnings())
        .containsExactly("1 tensors are not aligned to their element size, the first is 'b'");
  }

  @Test
  void namesWithEscapesAndBeyondAsciiSurvive() {
    List<TensorInfo> tensors =
        List.of(
            new TensorInfo("quote\"back\\slash", DType.U8, Shape.of(1)),
            new TensorInfo("эксперт-𝛼", DType.U8, Shape.of(1)));
    SafetensorsHeader header = SafetensorsHeader.of(tensors, Map.of());
    byte[] head = header.toBytes();
    byte[] image = Arrays.copyOf(head, head.length + 2);
    assertThat(Image.parse(image)).isEqualTo(header);
  }

  @Test
  void fiftyThousandTensorsAreRead() {
    List<TensorInfo> tensors =
        IntStream.range(0, 50_000)
            .mapToObj(i ->
                new TensorInfo(
                    "model.layers.%d.mlp.experts.%d.up_proj.weight".formatted(i / 512, i % 512),
                    DType.F32,
                    Shape.of(0, 4096)))
            .toList();
    SafetensorsHeader header = SafetensorsHeader.of(tensors, Map.of("format", "pt"));
    assertThat(Image.parse(header.toBytes())).isEqualTo(header);
  }

  @Test
  void aTensorGivenTwiceIsRefused() {
    TensorInfo tensor = new TensorInfo("a", DType.U8, Shape.of(1));
    assertThatThrownBy(() -> SafetensorsHeader.of(List.of(tensor, tensor), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor 'a' is given twice");
  }
}
