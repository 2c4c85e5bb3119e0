package io.moetool.transforms.layout;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import java.util.List;

/**
 * A tensor of the source that stays, whole or in rows.
 *
 * @param source as it is stored in the source
 * @param target as it will be stored in the result
 * @param rows indices on the outermost axis that stay, ascending; empty if the tensor stays whole
 */
public record TensorMove(TensorInfo source, TensorInfo target, List<Integer> rows) {
  public TensorMove {
    rows = List.copyOf(rows);
  }

  static TensorMove whole(TensorInfo source, String newName) {
    return new TensorMove(source, source.withName(newName), List.of());
  }

  static TensorMove rows(TensorInfo source, List<Integer> rows) {
    Shape shape = source.shape();
    return rows.size() == shape.dim(0)
        ? whole(source, source.name())
        : new TensorMove(source, source.withShape(shape.withDim(0, rows.size())), rows);
  }

  /** Whether all bytes are those of the source; the name may differ. */
  public boolean isWhole() {
    return rows.isEmpty();
  }

  /** The tensor to write, read from the source when its turn comes. */
  public OutputTensor output(TensorStore sourceTensors) {
    return new OutputTensor(target, content(sourceTensors));
  }

  /** The bytes that stay, in the source. */
  public TensorContent content(TensorStore sourceTensors) {
    return sink -> {
      TensorView view = sourceTensors.view(source.name());
      if (isWhole()) {
        sink.write(view.bytes());
      } else {
        for (int row : rows) {
          sink.write(view.slice(row));
        }
      }
    };
  }
}
