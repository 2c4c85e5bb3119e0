package io.moetool.formats.safetensors;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.moetool.formats.BadInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that the reference implementation refuses, or should. */
class HostileHeaderTest {
  private static final String MEND =
      "\n  download the file again, or write it again with a tool that keeps to the safetensors format";

  private static final String CUT = "\n  download or copy the file again";

  @ParameterizedTest(name = "{0}")
  @MethodSource("bounds")
  void aLengthThatCannotBeIsRefused(String name, long length, int size, String problem) {
    ByteBuffer image = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    assertThatThrownBy(() -> Image.parse(image.array()))
        .isInstanceOf(BadInputException.class)
        .hasMessage("m.safetensors, byte 0: " + problem + MEND);
  }

  static Stream<Arguments> bounds() {
    String limit = " exceeds the limit of 100000000: this is no safetensors file";
    return Stream.of(
        arguments(
            "beyond the file",
            9L,
            16,
            "header length 9 exceeds the 8 bytes that follow: the file is cut short or no safetensors file"),
        arguments("above 100 MB", 100_000_001L, 16, "header length 100000001" + limit),
        arguments("2^64-1", -1L, 16, "header length 18446744073709551615" + limit),
        arguments("2^63", Long.MIN_VALUE, 16, "header length 9223372036854775808" + limit));
  }

  @Test
  void sevenBytesAreTooFew() {
    assertThatThrownBy(() -> Image.parse(new byte[7]))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "m.safetensors, byte 0: 7 bytes are too few: 8 bytes of header length are expected"
                + MEND);
  }

  @Test
  void aGitLfsPointerIsRecognised() {
    byte[] pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Image.parse(pointer))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "m.safetensors: is a Git LFS pointer, not the weights\n  fetch the weights: git lfs pull");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("notJson")
  void whatIsNoJsonObjectIsRefused(String name, String header) {
    assertThatThrownBy(() -> Image.parse(Image.of(header)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("m.safetensors, byte ")
        .hasMessageEndingWith(MEND);
  }

  static Stream<Arguments> notJson() {
    return Stream.of(
        arguments("empty", ""),
        arguments("only white space", "        "),
        arguments("array", "[]"),
        arguments("null", "null"),
        arguments("number", "1"),
        arguments("cut", "{\"a\":"),
        arguments("trailing zero byte", "{}\0"),
        arguments("leading zero byte", "\0{}"),
        arguments("byte order mark", "\uFEFF{}"),
        arguments("trailing text", "{}x"),
        arguments("two objects", "{}{}"),
        arguments("line comment", "{} // no"),
        arguments("comment", "{/* no */}"),
        arguments("trailing comma", "{\"__metadata__\":{},}"),
        arguments("single quotes", "{'__metadata__':{}}"),
        arguments("unquoted name", "{a:1}"),
        arguments("line feed in a name", "{\"a\n\":{}}"),
        arguments("half a surrogate pair in a name", "{\"\\ud800\":{}}"),
        arguments("the other half", "{\"\\udc00\":{}}"),
        arguments("nesting", "{\"a\":" + "{\"a\":".repeat(100_000)),
        arguments("nesting of arrays", "{\"a\":{\"x\":" + "[".repeat(100_000)));
  }

  @Test
  void theHeaderMustBeUtf8() {
    byte[] latin1 = "{\"caf\u00e9\":1}".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> Image.parse(Image.of(latin1)))
        .isInstanceOf(BadInputException.class)
        .hasMessage("m.safetensors, byte 13: the header is not UTF-8 text" + MEND);
    byte[] utf16 = "{}".getBytes(StandardCharsets.UTF_16LE);
    assertThatThrownBy(() -> Image.parse(Image.of(utf16)))
        .isInstanceOf(BadInputException.class)
        .hasMessage("m.safetensors, byte 9: the header holds a zero byte" + MEND);
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("entries")
  void aTensorThatContradictsItselfIsRefused(String entry, String problem) {
    String header = "{\"a\":" + entry + "}";
    assertThatThrownBy(() -> Image.parse(Image.of(header, new byte[8])))
        .isInstanceOf(BadInputException.class)
        .hasMessageMatching("m\\.safetensors, byte \\d+: \\Q" + problem + MEND + "\\E");
  }

  static Stream<Arguments> entries() {
    return Stream.of(
        arguments("[\"F32\",[2],[0,8]]", "tensor 'a' is not described by a JSON object"),
        arguments("null", "tensor 'a' is not described by a JSON object"),
        arguments("{}", "tensor 'a' lacks dtype, shape or data_offsets"),
        arguments(entry("\"F32\"", "[2]", null), "tensor 'a' lacks dtype, shape or data_offsets"),
        arguments(entry("\"f32\"", "[2]", "[0,8]"), "tensor 'a' has the unknown dtype 'f32'"),
        arguments(entry("\"F99\"", "[2]", "[0,8]"), "tensor 'a' has the unknown dtype 'F99'"),
        arguments(entry("7", "[2]", "[0,8]"), "tensor 'a' has a dtype that is no text"),
        arguments(entry("\"F32\"", "2", "[0,8]"), "tensor 'a' shape is no array"),
        arguments(
            entry("\"F32\"", "[2.0]", "[0,8]"),
            "tensor 'a' shape holds '2.0', not a whole number from 0"),
        arguments(
            entry("\"F32\"", "[2e0]", "[0,8]"),
            "tensor 'a' shape holds '2e0', not a whole number from 0"),
        arguments(
            entry("\"F32\"", "[\"2\"]", "[0,8]"),
            "tensor 'a' shape holds '2', not a whole number from 0"),
        arguments(
            entry("\"F32\"", "[[2]]", "[0,8]"),
            "tensor 'a' shape holds '[', not a whole number from 0"),
        arguments(
            entry("\"F32\"", "[null]", "[0,8]"),
            "tensor 'a' shape holds 'null', not a whole number from 0"),
        arguments(
            entry("\"F32\"", "[-2]", "[0,8]"),
            "tensor 'a' shape holds '-2', not a whole number from 0"),
        arguments(
            entry("\"F32\"", "[2]", "[-0,8]"),
            "tensor 'a' data_offsets holds '-0', not a whole number from 0"),
        arguments(
            entry("\"F32\"", "[0,18446744073709551615]", "[0,0]"),
            "tensor 'a' shape holds '18446744073709551615', which is too large"),
        arguments(
            entry("\"F32\"", "[2]", "[0,9223372036854775808]"),
            "tensor 'a' data_offsets holds '9223372036854775808', which is too large"),
        arguments(entry("\"F32\"", "[2]", "[8]"), "tensor 'a' has 1 data_offsets, 2 are expected"),
        arguments(
            entry("\"F32\"", "[2]", "[0,8,8]"), "tensor 'a' data_offsets has more than 2 numbers"),
        arguments(
            entry("\"F32\"", "[1" + ",1".repeat(64) + "]", "[0,4]"),
            "tensor 'a' shape has more than 64 numbers"),
        arguments(entry("\"F32\"", "[2]", "[8,0]"), "tensor 'a' ends at 0, before it begins at 8"),
        arguments(
            entry("\"BF16\"", "[4]", "[0,7]"),
            "tensor 'a' BF16[4] takes 8 bytes, its data_offsets [0,7] hold 7"),
        arguments(
            entry("\"F4\"", "[3]", "[0,2]"),
            "tensor 'a' F4[3] has no size in bytes: 3 elements of F4 do not end on a byte"),
        arguments(
            entry("\"F32\"", "[4611686018427387904,2]", "[0,8]"),
            "tensor 'a' F32[4611686018427387904,2] has no size in bytes: long overflow"),
        arguments(
            entry("\"F32\"", "[2305843009213693952]", "[0,8]"),
            "tensor 'a' F32[2305843009213693952] has no size in bytes: long overflow"),
        arguments(
            entry("\"U8\"", "[9223372036854775807,9223372036854775807,0]", "[0,0]"),
            "tensor 'a' U8[9223372036854775807,9223372036854775807,0] has no size in bytes: long overflow"),
        arguments(
            "{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}",
            "tensor 'a' dtype is there twice"),
        arguments(
            "{\"dtype\":\"U8\",\"shape\":[8],\"shape\":[8],\"data_offsets\":[0,8]}",
            "tensor 'a' shape is there twice"),
        arguments(
            "{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8],\"data_offsets\":[0,8]}",
            "tensor 'a' data_offsets is there twice"));
  }

  @ParameterizedTest(name = "{3}")
  @MethodSource("tilings")
  void tensorsMustCoverTheDataOnce(String header, int dataBytes, int atInData, String message) {
    int at = 8 + header.length() + atInData;
    assertThatThrownBy(() -> Image.parse(Image.of(header, new byte[dataBytes])))
        .isInstanceOf(BadInputException.class)
        .hasMessage("m.safetensors, byte " + at + ": " + message);
  }

  static Stream<Arguments> tilings() {
    return Stream.of(
        arguments(
            one("a", 2, 10), 10, 0, "2 bytes in front of tensor 'a' belong to no tensor" + MEND),
        arguments(
            two(0, 4, 6, 8), 8, 4, "2 bytes in front of tensor 'b' belong to no tensor" + MEND),
        arguments(two(0, 4, 3, 8), 8, 3, "tensor 'b' overlaps its predecessor by 1 bytes" + MEND),
        arguments(two(0, 8, 0, 8), 8, 0, "tensor 'b' overlaps its predecessor by 8 bytes" + MEND),
        arguments(two(0, 8, 4, 4), 8, 4, "tensor 'b' overlaps its predecessor by 4 bytes" + MEND),
        arguments(one("a", 0, 8), 9, 8, "1 bytes follow the last tensor" + MEND),
        arguments("{}", 3, 0, "3 bytes follow the last tensor" + MEND),
        arguments(
            one("a", 0, 8),
            6,
            6,
            "the file is cut short: 8 bytes of tensors are described, 6 are there" + CUT));
  }

  @Test
  void offsetsAtTheEndOfTheNumberRangeAreRefused() {
    // Eight contiguous tensors of 2^60-1 bytes end just below 2^63; the next begins in the last of
    // them.
    long size = (1L << 60) - 1;
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < 8; i++) {
      header.append(named("t" + i, i * size, (i + 1) * size)).append(',');
    }
    String cut = header.substring(0, header.length() - 1) + "}";
    assertThatThrownBy(() -> Image.parse(Image.of(cut)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(
            "the file is cut short: 9223372036854775800 bytes of tensors are described, 0 are there");
    String overlapping = header + named("u", 8 * size - 1, 8 * size) + "}";
    assertThatThrownBy(() -> Image.parse(Image.of(overlapping)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(
            "byte 9223372036854775807: tensor 'u' overlaps its predecessor by 1 bytes");
  }

  @Test
  void tenTensorsOnOneRangeAreRefused() {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < 10; i++) {
      header.append(i == 0 ? "" : ",").append(named("t" + i, 0, 8));
    }
    assertThatThrownBy(() -> Image.parse(Image.of(header.append('}').toString(), new byte[8])))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tensor 't1' overlaps its predecessor by 8 bytes");
  }

  @Test
  void aNameMayStandForOneTensorOnly() {
    assertThatThrownBy(
            () -> Image.parse(Image.of(two(0, 4, 4, 8).replace("\"b\"", "\"a\""), new byte[8])))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "m.safetensors, byte 61: tensor 'a' is there twice: readers differ in which one they take"
                + MEND);
    assertThatThrownBy(() ->
            Image.parse(Image.of(two(0, 4, 4, 8).replace("\"b\"", "\"\\u0061\""), new byte[8])))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tensor 'a' is there twice");
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("names")
  void aNameThatMisleadsIsRefused(String escaped, String problem) {
    assertThatThrownBy(() -> Image.parse(Image.of(one(escaped, 0, 8), new byte[8])))
        .isInstanceOf(BadInputException.class)
        .hasMessage("m.safetensors, byte 9: " + problem + MEND);
  }

  static Stream<Arguments> names() {
    return Stream.of(
        arguments("x\\u001b[31m", "tensor 'x\\u001b[31m' has a control character in its name"),
        arguments("x\\n", "tensor 'x\\u000a' has a control character in its name"),
        arguments("x\\u0000", "tensor 'x\\u0000' has a control character in its name"),
        arguments("x\\u0085", "tensor 'x\\u0085' has a control character in its name"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("metadata")
  void metadataAreTextByKey(String value, String problem) {
    assertThatThrownBy(() -> Image.parse(Image.of("{\"__metadata__\":" + value + "}")))
        .isInstanceOf(BadInputException.class)
        .hasMessageMatching("m\\.safetensors, byte \\d+: \\Q" + problem + MEND + "\\E");
  }

  static Stream<Arguments> metadata() {
    return Stream.of(
        arguments("{\"k\":1}", "__metadata__ may hold text only, not so 'k'"),
        arguments("{\"k\":null}", "__metadata__ may hold text only, not so 'k'"),
        arguments("{\"k\":{\"a\":\"b\"}}", "__metadata__ may hold text only, not so 'k'"),
        arguments(
            "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
            "__metadata__ may hold text only, not so 'shape'"),
        arguments("[]", "__metadata__ is no JSON object"),
        arguments("{\"k\":\"1\",\"k\":\"2\"}", "__metadata__ key 'k' is there twice"),
        arguments("{\"k\":\"\\ud800\"}", "half a surrogate pair in __metadata__ key 'k'"),
        arguments("{},\"__metadata__\":{}", "__metadata__ is there twice"));
  }

  private static String entry(String dtype, String shape, @Nullable String offsets) {
    return "{\"dtype\":"
        + dtype
        + ",\"shape\":"
        + shape
        + (offsets == null ? "}" : ",\"data_offsets\":" + offsets + "}");
  }

  private static String named(String name, long begin, long end) {
    return "\"%s\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
        .formatted(name, end - begin, begin, end);
  }

  private static String one(String name, long begin, long end) {
    return "{" + named(name, begin, end) + "}";
  }

  private static String two(long begin, long end, long nextBegin, long nextEnd) {
    return "{" + named("a", begin, end) + "," + named("b", nextBegin, nextEnd) + "}";
  }
}
