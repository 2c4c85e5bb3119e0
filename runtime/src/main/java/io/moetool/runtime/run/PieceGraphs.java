package io.moetool.runtime.run;

import io.moetool.runtime.graph.Piece;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import java.util.LinkedHashMap;
import java.util.Map;

/** Loaded graphs of pieces; layers of the same shape and types share one. */
final class PieceGraphs implements AutoCloseable {
  private final OrtEngine engine;
  private final Map<Piece, OrtGraph> graphs = new LinkedHashMap<>();

  PieceGraphs(OrtEngine engine) {
    this.engine = engine;
  }

  /** Several threads may ask at once. */
  synchronized OrtGraph graph(Piece piece) {
    return graphs.computeIfAbsent(piece, p -> engine.graph(p.model()));
  }

  @Override
  public void close() {
    graphs.values().forEach(OrtGraph::close);
  }
}
