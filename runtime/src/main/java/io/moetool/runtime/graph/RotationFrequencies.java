package io.moetool.runtime.graph;

import io.moetool.formats.family.Rope;
import io.moetool.formats.family.RopeScaling;
import java.util.List;

/**
 * Frequencies of rotary embedding, one a pair of dimensions: {@code theta^(-2i / d)} with d the
 * rotary dimension, changed by the model's scaling. Rounded to float32, as the reference
 * implementations do.
 */
final class RotationFrequencies {
  private RotationFrequencies() {}

  /** Radians per position of every pair. */
  static float[] of(Rope rope) {
    return switch (rope.scaling()) {
      case RopeScaling.None _ -> plain(rope.theta(), rope.rotaryDim());
      case RopeScaling.Linear(double factor) -> {
        float[] frequencies = plain(rope.theta(), rope.rotaryDim());
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] = (float) (frequencies[i] / factor);
        }
        yield frequencies;
      }
      case RopeScaling.Alpha(double alpha) -> {
        double d = rope.rotaryDim();
        yield plain(rope.theta() * Math.pow(alpha, d / (d - 2)), rope.rotaryDim());
      }
      case RopeScaling.PerPair(List<Double> factors, double _) -> {
        float[] frequencies = new float[rope.angles()];
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] =
              1.0f / (factors.get(i).floatValue() * power(rope.theta(), rope.rotaryDim(), i));
        }
        yield frequencies;
      }
      case RopeScaling.LongRope _ ->
          throw new IllegalArgumentException("the length of a sequence decides on " + rope);
      case RopeScaling.Llama3 llama -> llama3(rope, llama);
      case RopeScaling.Yarn yarn -> yarn(rope, yarn);
    };
  }

  private static float[] plain(double theta, int rotaryDim) {
    float[] frequencies = new float[rotaryDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1.0f / power(theta, rotaryDim, i);
    }
    return frequencies;
  }

  private static float power(double theta, int rotaryDim, int pair) {
    float exponent = (float) (2 * pair) / rotaryDim;
    return (float) Math.pow(theta, exponent);
  }

  private static float[] llama3(Rope rope, RopeScaling.Llama3 scaling) {
    float[] frequencies = plain(rope.theta(), rope.rotaryDim());
    double low = scaling.original() / scaling.lowFactor();
    double high = scaling.original() / scaling.highFactor();
    for (int i = 0; i < frequencies.length; i++) {
      double wavelength = 2 * Math.PI / frequencies[i];
      if (wavelength > low) {
        frequencies[i] = (float) (frequencies[i] / scaling.factor());
      } else if (wavelength >= high) {
        double smooth =
            (scaling.original() / wavelength - scaling.lowFactor())
                / (scaling.highFactor() - scaling.lowFactor());
        frequencies[i] =
            (float) ((1 - smooth) * frequencies[i] / scaling.factor() + smooth * frequencies[i]);
      }
    }
    return frequencies;
  }

  private static float[] yarn(Rope rope, RopeScaling.Yarn scaling) {
    float[] frequencies = plain(rope.theta(), rope.rotaryDim());
    double low = dimension(rope, scaling.original(), scaling.betaFast());
    double high = dimension(rope, scaling.original(), scaling.betaSlow());
    if (scaling.truncate()) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, rope.rotaryDim() - 1);
    if (low == high) {
      high += 0.001;
    }
    for (int i = 0; i < frequencies.length; i++) {
      double ramp = Math.clamp((i - low) / (high - low), 0.0, 1.0);
      frequencies[i] =
          (float) (frequencies[i] / scaling.factor() * ramp + frequencies[i] * (1 - ramp));
    }
    return frequencies;
  }

  /** The pair that turns {@code rotations} times within the original length. */
  private static double dimension(Rope rope, int original, double rotations) {
    return rope.rotaryDim()
        * Math.log(original / (rotations * 2 * Math.PI))
        / (2 * Math.log(rope.theta()));
  }
}
