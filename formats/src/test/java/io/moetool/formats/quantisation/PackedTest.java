package io.moetool.formats.quantisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.HeaderStore;
import io.moetool.formats.TensorInfo;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PackedTest {
  private final HeaderStore store = new HeaderStore();

  @Test
  void gptqPacksInputsIntoWords() {
    store
        .add("w.g_idx", DType.I32, 96)
        .add("w.qweight", DType.I32, 12, 40)
        .add("w.qzeros", DType.I32, 3, 5)
        .add("w.scales", DType.F16, 3, 40);
    StoredWeight weight = new Gptq(4).find(store, "w.weight").orElseThrow();
    assertThat(weight.shape()).hasToString("[40,96]");
    assertThat(weight.encoding()).isEqualTo(new Encoding.Packed("4 bit integers packed by GPTQ"));
    assertThat(weight.tensors())
        .extracting(TensorInfo::name)
        .containsExactly("w.qweight", "w.qzeros", "w.scales", "w.g_idx");
    // 3 bits: 32 elements in 3 words
    assertThat(new Gptq(3).find(store, "w.weight").orElseThrow().shape()).hasToString("[40,128]");
    assertThatThrownBy(() -> new Gptq(5).find(store, "w.weight"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("12 words hold no whole number of 5 bit integers");
  }

  @Test
  void awqPacksOutputsIntoWords() {
    store
        .add("w.qweight", DType.I32, 96, 5)
        .add("w.qzeros", DType.I32, 3, 5)
        .add("w.scales", DType.F16, 3, 40);
    assertThat(new Awq(4).find(store, "w.weight").orElseThrow().shape()).hasToString("[40,96]");
    assertThat(new Awq(4).weightWith(store, "w.qzeros").orElseThrow().name()).isEqualTo("w.weight");
  }

  @Test
  void partsThatDoNotBelongTogetherAreRefused() {
    store.add("w.qweight", DType.I32, 96, 5).add("w.scales", DType.F16, 3, 40);
    assertThatThrownBy(() -> new Awq(4).find(store, "w.weight"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tensor w.qweight: is stored, but not w.qzeros");
    store.add("w.qzeros", DType.I32, 3, 5).add("w.qweight", DType.F16, 96, 5);
    assertThatThrownBy(() -> new Awq(4).find(store, "w.weight"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("F16[96,5] is no matrix of 32 bit words");
    store.add("w.weight", DType.F16, 40, 96);
    assertThatThrownBy(() -> new Awq(4).find(store, "w.weight"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("is stored as it is and packed too: w.qweight");
  }

  @Test
  void whatIsNotPackedIsPlain() {
    store.add("gate.weight", DType.F16, 8, 96);
    assertThat(new Gptq(4).find(store, "gate.weight").orElseThrow().isPlain()).isTrue();
    assertThat(new Gptq(4).find(store, "other.weight")).isEmpty();
  }

  @Test
  void compressedIntegersHaveTheirShapeBesideThem() {
    store
        .add("w.weight_packed", DType.I32, 40, 13)
        .add("w.weight_scale", DType.BF16, 40, 4)
        .addNumbers("w.weight_shape", 40, 100);
    StoredWeight weight = compressed().find(store, "w.weight").orElseThrow();
    assertThat(weight.shape()).hasToString("[40,100]");
    assertThat(weight.tensors())
        .extracting(TensorInfo::name)
        .containsExactly("w.weight_packed", "w.weight_shape", "w.weight_scale");
    store.addNumbers("w.weight_shape", 40, 1L << 40);
    assertThatThrownBy(() -> compressed().find(store, "w.weight"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("says [40,1099511627776], which w.weight_packed I32[40,13] cannot");
    store.addNumbers("w.weight_shape", -1, 100);
    assertThatThrownBy(() -> compressed().find(store, "w.weight"))
        .isInstanceOf(BadInputException.class);
  }

  @Test
  void compressedFourBitFloatsAreTwoToAByte() {
    store
        .add("w.weight_packed", DType.U8, 40, 48)
        .add("w.weight_scale", DType.F8_E4M3, 40, 6)
        .add("w.weight_global_scale", DType.F32, 1);
    assertThat(compressed().find(store, "w.weight").orElseThrow().shape()).hasToString("[40,96]");
    assertThat(compressed().weightWith(store, "w.weight_global_scale").orElseThrow().name())
        .isEqualTo("w.weight");
  }

  @Test
  void compressedEightBitFloatsHaveScales() {
    store.add("w.weight", DType.F8_E4M3, 40, 96).add("w.weight_scale", DType.BF16, 40, 1);
    assertThat(compressed().find(store, "w.weight").orElseThrow().encoding())
        .isEqualTo(new Encoding.Blocks(1, 96));
    store.add("w.weight", DType.I8, 40, 96);
    assertThat(compressed().find(store, "w.weight").orElseThrow().encoding())
        .isEqualTo(new Encoding.Packed("8 bit integers with scales"));
  }

  private static CompressedTensors compressed() {
    return new CompressedTensors(new Float8(Optional.empty()));
  }
}
