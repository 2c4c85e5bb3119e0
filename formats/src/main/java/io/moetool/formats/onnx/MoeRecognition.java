package io.moetool.formats.onnx;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the layers with experts of a graph. */
final class MoeRecognition {
  private static final Pattern LAYER = Pattern.compile("(?:^|[./])layers?[./](\\d{1,6})(?:[./]|$)");

  private MoeRecognition() {}

  /**
   * The layers with experts, by index.
   *
   * @throws io.moetool.formats.BadInputException if tensors of experts contradict each other
   */
  static List<OnnxMoeLayer> of(OnnxFile file) {
    GraphIndex graph = new GraphIndex(file);
    List<OnnxMoeLayer> layers = new ArrayList<>();
    List<Optional<Integer>> named = new ArrayList<>();
    for (int node = 0; node < graph.nodes(); node++) {
      Optional<OnnxMoeLayer> fused = FusedExperts.of(graph, node, layers.size());
      if (fused.isPresent()) {
        layers.add(fused.get());
        named.add(indexIn(fused.get()));
      }
    }
    List<OnnxMoeLayer> others = new ArrayList<>(GatheredExperts.of(graph, layers.size()));
    others.addAll(UnrolledExperts.of(graph, layers.size() + others.size()));
    for (OnnxMoeLayer other : others) {
      layers.add(other);
      named.add(indexIn(other));
    }
    return numbered(layers, named);
  }

  /** The layers by the numbers in their names, if every layer has another one. */
  private static List<OnnxMoeLayer> numbered(
      List<OnnxMoeLayer> layers, List<Optional<Integer>> named) {
    Set<Integer> numbers = new HashSet<>();
    named.forEach(number -> number.ifPresent(numbers::add));
    if (numbers.size() < layers.size()) {
      return List.copyOf(layers);
    }
    List<OnnxMoeLayer> numbered = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      numbered.add(layers.get(i).withLayer(named.get(i).orElseThrow()));
    }
    numbered.sort(Comparator.comparingInt(OnnxMoeLayer::layer));
    return List.copyOf(numbered);
  }

  private static Optional<Integer> indexIn(OnnxMoeLayer layer) {
    return number(layer.node())
        .or(() -> layer.router().flatMap(router -> number(router.name())))
        .or(() -> layer.tensors().stream().findFirst().flatMap(tensor -> number(tensor.name())));
  }

  private static Optional<Integer> number(String name) {
    Matcher matcher = LAYER.matcher(name);
    return matcher.find() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
  }
}
