package io.moetool.runtime.graph;

import io.moetool.formats.family.DeltaNet;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.List;

/** ONNX Runtime's fused operator, which computes the recurrence token by token. */
final class FusedDeltaRule implements DeltaRule {
  private final OnnxGraph graph;
  private final DeltaNet net;

  FusedDeltaRule(OnnxGraph graph, DeltaNet net) {
    this.graph = graph;
    this.net = net;
  }

  @Override
  public Result apply(Tokens tokens, String state) {
    List<String> results =
        graph
            .contrib(
                "LinearAttention",
                tokens.query(),
                tokens.key(),
                tokens.value(),
                state,
                tokens.decay(),
                tokens.rate())
            .with("update_rule", "gated_delta")
            .with("q_num_heads", net.valueHeads())
            .with("kv_num_heads", net.valueHeads())
            .with("scale", (float) (1 / Math.sqrt(net.keyDim())))
            .outputs(2);
    return new Result(results.getFirst(), results.getLast());
  }
}
