package io.moetool.formats.quantisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.HeaderStore;
import io.moetool.formats.TensorInfo;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class Float8Test {
  private static final Float8 BLOCKS = new Float8(Optional.of(new Encoding.Blocks(128, 128)));

  private final HeaderStore store = new HeaderStore();

  @Test
  void oneScalePerBlockWithPartialBlocksAtTheEdges() {
    // DeepSeek-V3's kv_a_proj_with_mqa: 576 rows are four blocks and a half.
    store.add("a.weight", DType.F8_E4M3, 576, 7168).add("a.weight_scale_inv", DType.F32, 5, 56);
    StoredWeight weight = BLOCKS.find(store, "a.weight").orElseThrow();
    assertThat(weight.encoding()).isEqualTo(new Encoding.Blocks(128, 128));
    assertThat(weight.shape()).hasToString("[576,7168]");
    assertThat(weight.tensors())
        .extracting(TensorInfo::name)
        .containsExactly("a.weight", "a.weight_scale_inv");
  }

  @Test
  void oneScalePerRowOrTensorWhateverTheConfigSays() {
    store
        .add("row.weight", DType.F8_E4M3, 300, 40)
        .add("row.weight_scale", DType.BF16, 300, 1)
        .add("all.weight", DType.F8_E5M2, 300, 40)
        .add("all.weight_scale", DType.F32)
        .add("all.input_scale", DType.F32);
    assertThat(BLOCKS.find(store, "row.weight").orElseThrow().encoding())
        .isEqualTo(new Encoding.Blocks(1, 40));
    StoredWeight all = BLOCKS.find(store, "all.weight").orElseThrow();
    assertThat(all.encoding()).isEqualTo(new Encoding.Blocks(300, 40));
    assertThat(all.tensors())
        .extracting(TensorInfo::name)
        .containsExactly("all.weight", "all.weight_scale", "all.input_scale");
  }

  @Test
  void aStackHasScalesForEachOfItsMatrices() {
    store
        .add("experts.gate_up_proj", DType.F8_E4M3, 8, 200, 130)
        .add("experts.gate_up_proj_scale_inv", DType.F32, 8, 2, 2);
    StoredWeight weight = BLOCKS.find(store, "experts.gate_up_proj").orElseThrow();
    assertThat(weight.encoding()).isEqualTo(new Encoding.Blocks(128, 128));
    assertThat(weight.slice().tensors())
        .extracting(tensor -> tensor.shape().toString())
        .containsExactly("[200,130]", "[2,2]");
    store.add("experts.gate_up_proj_scale_inv", DType.F32, 1);
    assertThatThrownBy(() -> BLOCKS.find(store, "experts.gate_up_proj"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("scales of shape [1] are neither one");
  }

  @Test
  void otherTypesAreAsTheyStand() {
    store.add("norm.weight", DType.BF16, 12).add("norm.weight_scale_inv", DType.F32, 1);
    assertThat(BLOCKS.find(store, "norm.weight").orElseThrow())
        .isEqualTo(StoredWeight.plain(store.info("norm.weight")));
    assertThat(BLOCKS.find(store, "absent.weight")).isEmpty();
  }

  @Test
  void aStoredTensorLeadsToItsWeight() {
    store
        .add("a.weight", DType.F8_E4M3, 4, 4)
        .add("a.scale", DType.F8_E8M0, 1, 1)
        .add("b.weight", 4, 4);
    assertThat(BLOCKS.weightWith(store, "a.scale").orElseThrow().name()).isEqualTo("a.weight");
    assertThat(BLOCKS.weightWith(store, "b.weight").orElseThrow().isPlain()).isTrue();
    assertThat(BLOCKS.weightsOf("a.weight_scale_inv")).contains("a.weight");
    assertThat(BLOCKS.weightsOf("b.weight")).isEmpty();
  }
}
