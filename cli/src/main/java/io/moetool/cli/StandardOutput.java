package io.moetool.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;

/**
 * Standard output that remembers why it could no longer be written. A reader who has seen enough
 * ({@code | head}) is no failure; a full disk behind a redirection is.
 */
final class StandardOutput extends OutputStream {
  private final OutputStream stream;
  private Optional<IOException> failure = Optional.empty();

  StandardOutput() {
    this(new FileOutputStream(FileDescriptor.out));
  }

  StandardOutput(OutputStream stream) {
    this.stream = stream;
  }

  /** What went wrong, unless it was the reader who left. */
  Optional<IOException> failure() {
    return failure.filter(e ->
        e.getMessage() == null || !e.getMessage().toLowerCase(Locale.ROOT).contains("broken pipe"));
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      stream.write(bytes, offset, length);
    } catch (IOException e) {
      failure = failure.or(() -> Optional.of(e));
      throw e;
    }
  }
}
