package io.dispatcher.json;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskLimits;

/**
 * Codecs for values as JSON in UTF-8, read and written by Jackson. The codecs are thread-safe.
 *
 * <p>Without a mapper of the user's own they are strict, since bytes come from other machines:
 *
 * <ul>
 *   <li>one JSON value and nothing after it; no {@code null} for the whole value
 *   <li>a name that occurs twice in an object, or that the class does not know, is refused. To read
 *       what a newer version wrote, put {@code @JsonIgnoreProperties(ignoreUnknown = true)} on the
 *       class
 *   <li>at most {@value #MAX_DEPTH} levels of nesting and {@value TaskLimits#MAX_VALUE_BYTES} bytes
 *   <li>no class is chosen by the bytes: default typing is off
 *   <li>{@code java.time} values are ISO-8601 text, if {@code jackson-datatype-jsr310} is on the
 *       class path; without it they are refused
 * </ul>
 *
 * Records need no annotation. What cannot be read or written throws Jackson's own exception, whose
 * message says where, and may quote the one value that does not fit.
 */
public final class JsonCodec {
  /** Deepest nesting of arrays and objects that is read or written. */
  public static final int MAX_DEPTH = 200;

  private static final JsonMapper MAPPER = mapper();

  private JsonCodec() {}

  /** Returns a codec for values of a class, a record for example. */
  public static <T> Codec<T> json(Class<T> type) {
    return json(MAPPER, type);
  }

  /** Returns a codec for values of a generic type, {@code new TypeReference<List<Photo>>() {}}. */
  public static <T> Codec<T> json(TypeReference<T> type) {
    return codec(MAPPER, MAPPER.constructType(requireNonNull(type, "type")));
  }

  /**
   * Returns a codec for values of a class with the user's own mapper, whose settings as of now hold
   * instead of those above. Its nodes must agree on them.
   */
  public static <T> Codec<T> json(ObjectMapper mapper, Class<T> type) {
    return codec(mapper, mapper.constructType(requireNonNull(type, "type")));
  }

  private static <T> Codec<T> codec(ObjectMapper mapper, JavaType type) {
    ObjectReader reader = mapper.readerFor(type);
    ObjectWriter writer = mapper.writerFor(type);
    return Codec.of(
        value -> writer.writeValueAsBytes(requireNonNull(value, "value")),
        bytes -> {
          T value = reader.readValue(bytes);
          if (value == null) {
            throw new IllegalArgumentException("JSON null stands for no " + type.toCanonical());
          }
          return value;
        });
  }

  private static JsonMapper mapper() {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxDocumentLength(TaskLimits.MAX_VALUE_BYTES)
                    .maxStringLength(TaskLimits.MAX_VALUE_BYTES)
                    .build())
            .streamWriteConstraints(
                StreamWriteConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();
    JsonMapper.Builder builder =
        JsonMapper.builder(factory)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(MapperFeature.BLOCK_UNSAFE_POLYMORPHIC_BASE_TYPES)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS);
    addJavaTime(builder);
    return builder.build();
  }

  /** Adds the module for {@code java.time} if it is there; it is not a dependency. */
  private static void addJavaTime(JsonMapper.Builder builder) {
    try {
      Class<?> module = Class.forName("com.fasterxml.jackson.datatype.jsr310.JavaTimeModule");
      builder.addModule((Module) module.getDeclaredConstructor().newInstance());
    } catch (ClassNotFoundException e) {
      // Not on the class path: Jackson refuses java.time values and names the module.
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "jackson-datatype-jsr310 does not fit this version of Jackson; align the versions", e);
    }
  }
}
