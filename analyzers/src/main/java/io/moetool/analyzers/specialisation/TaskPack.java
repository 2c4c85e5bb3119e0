package io.moetool.analyzers.specialisation;

import io.moetool.formats.BadInputException;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * All experts of a model in the order in which one domain needs them: the first so many of every
 * layer are the model for that task, and smaller models are parts of larger ones.
 *
 * @param domain name of the domain
 * @param method score that ranks: {@code easy_ep} (arXiv 2504.06792) or {@code tcess} (PreMoe,
 *     arXiv 2505.17639), of the tokens of this domain alone
 * @param tokens tokens of the domain
 * @param layers one entry per layer with experts, ascending
 */
public record TaskPack(String domain, String method, long tokens, List<Layer> layers) {
  public TaskPack {
    layers = List.copyOf(layers);
  }

  /**
   * One layer.
   *
   * @param layer index in the model
   * @param ranking all experts, the one that is needed most first
   */
  public record Layer(int layer, List<Integer> ranking) {
    public Layer {
      ranking = List.copyOf(ranking);
    }
  }

  /**
   * Experts of a layer, the one that is needed most first.
   *
   * @throws BadInputException if the pack says nothing about the layer
   */
  public List<Integer> ranking(int layer) {
    return layers.stream()
        .filter(entry -> entry.layer() == layer)
        .findFirst()
        .map(Layer::ranking)
        .orElseThrow(() ->
            new BadInputException(
                "task pack for domain '%s'".formatted(domain),
                "it says nothing about layer %d".formatted(layer),
                "write the packs again with analyze"));
  }

  /** The experts of a layer that are needed most, ascending. */
  public SortedSet<Integer> kept(int layer, int count) {
    return new TreeSet<>(ranking(layer).subList(0, count));
  }
}
