package io.moetool.formats.family;

import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Layers that a checkpoint stores behind its decoder's last one to predict further tokens
 * (multi-token prediction, arXiv 2404.19737), numbered on ({@code model.layers.61.…} of
 * DeepSeek-V3, GLM-4.5) or apart ({@code mtp.…} of Qwen3-Next). The model itself runs without them.
 * Programs that draft tokens with them build their experts by the same numbers of the config as
 * those of the decoder.
 */
public final class PredictionTail {
  private static final List<String> BEGINNINGS = List.of("mtp.", "model.mtp.", "model.mtp_");

  /** Where configs state the number of such layers. */
  private static final List<String> COUNTS =
      List.of(
          "num_nextn_predict_layers", "num_mtp_modules", "mtp_num_hidden_layers", "mtp_num_layers");

  private final Pattern numbered;
  private final int first;
  private final int count;
  private final List<String> countPaths;

  private PredictionTail(Pattern numbered, int first, int count, List<String> countPaths) {
    this.numbered = numbered;
    this.first = first;
    this.count = count;
    this.countPaths = countPaths;
  }

  /**
   * The tail that a checkpoint may have. Layers are numbered on only if the config says that there
   * are some: otherwise it is wrong about the decoder's.
   *
   * @param names tensor names of the decoder
   * @param layers number of the decoder's layers
   */
  static PredictionTail of(ModelConfig config, TensorNames names, int layers) {
    String router = names.weight(TensorRole.ROUTER, 0);
    String beginning = router.substring(0, router.indexOf(".0.") + 1);
    List<String> countPaths = COUNTS.stream().flatMap(key -> config.places(key).stream()).toList();
    return new PredictionTail(
        Pattern.compile(Pattern.quote(beginning) + "([0-9]{1,9})\\..*"),
        layers,
        countPaths.stream().mapToInt(path -> config.at(path).asInt(0)).max().orElse(0),
        countPaths);
  }

  /** Whether a tensor belongs to it. */
  public boolean holds(String name) {
    if (BEGINNINGS.stream().anyMatch(name::startsWith)) {
      return true;
    }
    Matcher matcher = numbered.matcher(name);
    if (!matcher.matches()) {
      return false;
    }
    int layer = Integer.parseInt(matcher.group(1));
    return layer >= first && layer - first < count;
  }

  /** The tensors among these that belong to it, sorted. */
  public List<String> among(Collection<String> names) {
    return names.stream().filter(this::holds).sorted().toList();
  }

  /** Where the config states how many such layers there are. */
  public List<String> countPaths() {
    return countPaths;
  }
}
