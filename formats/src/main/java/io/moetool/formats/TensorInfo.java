package io.moetool.formats;

/**
 * What a tensor is called and how its elements are laid out: C order, little-endian, no gaps.
 *
 * @param name full name in the checkpoint
 * @param dtype element type
 * @param shape extents
 */
public record TensorInfo(String name, DType dtype, Shape shape) {
  /** Bytes the elements take. */
  public long byteSize() {
    return dtype.byteSize(shape.elements());
  }

  /** The same layout under another name. */
  public TensorInfo withName(String newName) {
    return new TensorInfo(newName, dtype, shape);
  }

  /** The same name and type with another shape. */
  public TensorInfo withShape(Shape newShape) {
    return new TensorInfo(name, dtype, newShape);
  }

  @Override
  public String toString() {
    return name + " " + dtype + shape;
  }
}
