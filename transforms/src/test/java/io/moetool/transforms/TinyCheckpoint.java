package io.moetool.transforms;

import io.moetool.formats.DType;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A checkpoint of a few kilobytes with arbitrary bytes: layer 0 is dense, layers 1 and 2 have 8
 * experts each, of which a token uses 2.
 */
public final class TinyCheckpoint {
  public static final int EXPERTS = 8;
  public static final List<Integer> MOE_LAYERS = List.of(1, 2);

  private static final int HIDDEN = 4;
  private static final int WIDTH = 2;
  private static final int DENSE = 6;

  /** Odd spacing and an unknown key, which have to survive. */
  private static final String CONFIG =
      """
      {  "model_type": "qwen3_moe", "architectures":["Qwen3MoeForCausalLM"],
        "num_hidden_layers": 3, "hidden_size": 4, "vocab_size": 10, "intermediate_size": 6,
        "moe_intermediate_size": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 2,
          "num_experts"  :  8 ,
        "num_experts_per_tok": 2, "norm_topk_prob": true, "mlp_only_layers": [0],
        "unknown_key": {"num_experts": 8, "x": 1.50}}
      """;

  private String config = CONFIG;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  /** The checkpoint as its config asks for it. */
  public TinyCheckpoint() {
    add("model.embed_tokens.weight", 10, HIDDEN);
    for (int layer = 0; layer < 3; layer++) {
      String prefix = "model.layers." + layer + ".";
      add(prefix + "input_layernorm.weight", HIDDEN);
      add(prefix + "self_attn.q_proj.weight", 4, HIDDEN);
      add(prefix + "self_attn.k_proj.weight", 2, HIDDEN);
      add(prefix + "self_attn.v_proj.weight", 2, HIDDEN);
      add(prefix + "self_attn.o_proj.weight", HIDDEN, 4);
      add(prefix + "self_attn.q_norm.weight", 2);
      add(prefix + "self_attn.k_norm.weight", 2);
      add(prefix + "post_attention_layernorm.weight", HIDDEN);
      if (MOE_LAYERS.contains(layer)) {
        add(prefix + "mlp.gate.weight", EXPERTS, HIDDEN);
        for (int expert = 0; expert < EXPERTS; expert++) {
          addMlp(prefix + "mlp.experts." + expert + ".", WIDTH);
        }
      } else {
        addMlp(prefix + "mlp.", DENSE);
      }
    }
    add("model.norm.weight", HIDDEN);
    add("lm_head.weight", 10, HIDDEN);
  }

  private void addMlp(String prefix, int width) {
    add(prefix + "gate_proj.weight", width, HIDDEN);
    add(prefix + "up_proj.weight", width, HIDDEN);
    add(prefix + "down_proj.weight", HIDDEN, width);
  }

  /** Adds a BF16 tensor, or gives one another shape. */
  public TinyCheckpoint add(String name, long... dims) {
    tensors.put(name, new TensorInfo(name, DType.BF16, Shape.of(dims)));
    return this;
  }

  /** Leaves a tensor out. */
  public TinyCheckpoint remove(String name) {
    tensors.remove(name);
    return this;
  }

  /** Replaces text in the config. */
  public TinyCheckpoint withConfig(String from, String to) {
    config = config.replace(from, to);
    return this;
  }

  /** The config's text. */
  public String config() {
    return config;
  }

  /** Names, types and shapes in the order they are stored. */
  public List<TensorInfo> tensors() {
    return List.copyOf(tensors.values());
  }

  /** Bytes of all tensors. */
  public long bytes() {
    return tensors.values().stream().mapToLong(TensorInfo::byteSize).sum();
  }

  /** Arbitrary bytes, the same for the same name. */
  public static byte[] content(TensorInfo info) {
    SplittableRandom random = new SplittableRandom(info.name().hashCode());
    byte[] bytes = new byte[Math.toIntExact(info.byteSize())];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Writes the checkpoint with its tensors dealt over so many files, and opens it. */
  public SourceModel open(Path folder, int shards) {
    write(folder, shards);
    return SourceModel.open(folder, FamilyCatalog.builtIn());
  }

  /** Writes the checkpoint with its tensors dealt over so many files. */
  public void write(Path folder, int shards) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("config.json"), config);
      Files.writeString(folder.resolve("tokenizer.json"), "{}\n");
      Files.writeString(folder.resolve("README.md"), "about the source\n");
      List<TensorInfo> all = tensors();
      Map<String, String> weightMap = new LinkedHashMap<>();
      int perShard = Math.ceilDiv(all.size(), shards);
      for (int shard = 0; shard < shards; shard++) {
        String file =
            shards == 1
                ? "model.safetensors"
                : "part-%d-of-%d.safetensors".formatted(shard, shards);
        List<OutputTensor> outputs = new ArrayList<>();
        for (TensorInfo info :
            all.subList(shard * perShard, Math.min(all.size(), (shard + 1) * perShard))) {
          outputs.add(
              new OutputTensor(
                  info, TensorContent.of(List.of(MemorySegment.ofArray(content(info))))));
          weightMap.put(info.name(), file);
        }
        SafetensorsWriter.write(
            folder.resolve(file),
            outputs,
            SafetensorsWriter.CHECKPOINT_METADATA,
            WriteProgress.none());
      }
      if (shards > 1) {
        Files.writeString(
            folder.resolve("model.safetensors.index.json"),
            Json.write(Map.of("metadata", Map.of("total_size", bytes()), "weight_map", weightMap)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
