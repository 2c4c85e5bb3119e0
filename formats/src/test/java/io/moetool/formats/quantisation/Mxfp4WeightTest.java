package io.moetool.formats.quantisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.HeaderStore;
import io.moetool.formats.TensorInfo;
import org.junit.jupiter.api.Test;

class Mxfp4WeightTest {
  private static final Mxfp4 MXFP4 = new Mxfp4();

  private final HeaderStore store = new HeaderStore();

  @Test
  void blocksOf16BytesHold32InputsOfAnOutput() {
    // gpt-oss-20b: 32 experts, 5760 outputs, 90 blocks of 32 of its 2880 inputs.
    store
        .add("e.gate_up_proj_blocks", DType.U8, 32, 5760, 90, 16)
        .add("e.gate_up_proj_scales", DType.U8, 32, 5760, 90);
    StoredWeight weight = MXFP4.find(store, "e.gate_up_proj").orElseThrow();
    assertThat(weight.shape()).hasToString("[32,5760,2880]");
    assertThat(weight.encoding()).isEqualTo(new Encoding.SharedExponents());
    assertThat(weight.tensors())
        .extracting(TensorInfo::name)
        .containsExactly("e.gate_up_proj_blocks", "e.gate_up_proj_scales");
    assertThat(weight.slice().shape()).hasToString("[5760,2880]");
    assertThat(MXFP4.weightsOf("e.gate_up_proj_scales")).containsExactly("e.gate_up_proj");
  }

  @Test
  void otherWeightsArePlain() {
    store.add("router.weight", DType.BF16, 32, 2880);
    assertThat(MXFP4.find(store, "router.weight").orElseThrow().isPlain()).isTrue();
    assertThat(MXFP4.find(store, "lm_head.weight")).isEmpty();
  }

  @Test
  void blocksWithoutScalesAreRefused() {
    store.add("e.down_proj_blocks", DType.U8, 4, 32, 1, 16);
    assertRefused("[e.down_proj_blocks] instead of blocks and scales");
  }

  @Test
  void aWeightStoredTwiceIsRefused() {
    store
        .add("e.down_proj", DType.BF16, 4, 32, 32)
        .add("e.down_proj_blocks", DType.U8, 4, 32, 1, 16)
        .add("e.down_proj_scales", DType.U8, 4, 32, 1);
    assertRefused("instead of blocks and scales");
  }

  @Test
  void scalesThatAreNotOnePerBlockAreRefused() {
    store
        .add("e.down_proj_blocks", DType.U8, 4, 32, 2, 16)
        .add("e.down_proj_scales", DType.U8, 4, 32, 1);
    assertRefused("U8[4,32,2,16] and scales U8[4,32,1] are no blocks of 16 bytes");
  }

  private void assertRefused(String reason) {
    assertThatThrownBy(() -> MXFP4.find(store, "e.down_proj"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(reason);
  }
}
