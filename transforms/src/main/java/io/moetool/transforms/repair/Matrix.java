package io.moetool.transforms.repair;

import java.util.ArrayList;
import java.util.List;

/** A small dense matrix of float64 numbers, [rows, columns]. */
final class Matrix {
  private final double[][] rows;

  Matrix(int rows, int columns) {
    this.rows = new double[rows][columns];
  }

  int rows() {
    return rows.length;
  }

  int columns() {
    return rows.length == 0 ? 0 : rows[0].length;
  }

  double get(int row, int column) {
    return rows[row][column];
  }

  void set(int row, int column, double value) {
    rows[row][column] = value;
  }

  void add(int row, int column, double value) {
    rows[row][column] += value;
  }

  void add(Matrix other, double factor) {
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        rows[i][j] += factor * other.rows[i][j];
      }
    }
  }

  /** The sum of this and a multiple of another. */
  Matrix plus(Matrix other, double factor) {
    Matrix sum = new Matrix(rows(), columns());
    sum.add(this, 1);
    sum.add(other, factor);
    return sum;
  }

  /** Adds factor · a bᵀ. */
  void addOuter(double[] a, float[] b, double factor) {
    for (int i = 0; i < rows.length; i++) {
      double ofRow = factor * a[i];
      for (int j = 0; ofRow != 0 && j < rows[i].length; j++) {
        rows[i][j] += ofRow * b[j];
      }
    }
  }

  /** One row times a vector. */
  double timesRow(int row, float[] vector) {
    double sum = 0;
    for (int j = 0; j < rows[row].length; j++) {
      sum += rows[row][j] * vector[j];
    }
    return sum;
  }

  /** The same rounded to float32, whose digits a plan writes. */
  Matrix rounded() {
    Matrix rounded = new Matrix(rows(), columns());
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        rounded.rows[i][j] = Double.parseDouble(Float.toString((float) rows[i][j]));
      }
    }
    return rounded;
  }

  boolean isZero() {
    for (double[] row : rows) {
      for (double value : row) {
        if (value != 0) {
          return false;
        }
      }
    }
    return true;
  }

  List<List<Double>> toLists() {
    List<List<Double>> lists = new ArrayList<>();
    for (double[] row : rows) {
      List<Double> list = new ArrayList<>();
      for (double value : row) {
        list.add(value);
      }
      lists.add(List.copyOf(list));
    }
    return List.copyOf(lists);
  }
}
