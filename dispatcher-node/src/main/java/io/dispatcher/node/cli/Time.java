package io.dispatcher.node.cli;

import io.dispatcher.node.config.Quantity;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 500ms}, {@code 20s}, {@code 2m}, {@code 1h} or {@code 7d}. */
final class Time implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String value) {
    try {
      return Quantity.duration(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
