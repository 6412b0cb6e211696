package io.dispatcher.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskType;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonCodecTest {
  record Photo(String name, int width, List<String> tags) {}

  private static final Codec<Photo> PHOTO = JsonCodec.json(Photo.class);
  private static final Codec<Object> ANY = JsonCodec.json(Object.class);

  @Test
  void recordsComeBack() throws Exception {
    Photo photo = new Photo("é😀", 7, List.of("a", "b"));
    byte[] bytes = PHOTO.encode(photo);
    assertEquals("{\"name\":\"é😀\",\"width\":7,\"tags\":[\"a\",\"b\"]}", new String(bytes, UTF_8));
    assertEquals(photo, PHOTO.decode(bytes));
  }

  @Test
  void genericTypesComeBack() throws Exception {
    Codec<Map<String, List<Photo>>> codec = JsonCodec.json(new TypeReference<>() {});
    Map<String, List<Photo>> photos = Map.of("x", List.of(new Photo("a", 1, List.of())));
    assertEquals(photos, codec.decode(codec.encode(photos)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"name\":\"a\"} x",
        "{\"name\":\"a\"} {}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"name\":\"a\",\"colour\":\"red\"}",
        "{\"width\":\"seven\"}",
        "{name:\"a\"}",
        "{\"width\":NaN}"
      })
  void whatIsNotExactlyAPhotoIsRefused(String json) {
    assertThrows(JsonProcessingException.class, () -> PHOTO.decode(json.getBytes(UTF_8)));
  }

  @Test
  void nullIsRefusedBothWays() {
    assertThrows(IllegalArgumentException.class, () -> PHOTO.decode("null".getBytes(UTF_8)));
    assertThrows(NullPointerException.class, () -> PHOTO.encode(null));
  }

  @Test
  void malformedUtf8IsRefused() {
    byte[] bytes = {'"', (byte) 0xff, '"'};
    assertThrows(IOException.class, () -> JsonCodec.json(String.class).decode(bytes));
  }

  @Test
  void nestingHasALimit() throws Exception {
    int max = JsonCodec.MAX_DEPTH;
    ANY.decode(nested(max).getBytes(UTF_8));
    assertThrows(JsonProcessingException.class, () -> ANY.decode(nested(max + 1).getBytes(UTF_8)));
  }

  @Test
  void aCircleIsRefusedAtTheSubmitter() {
    List<Object> circle = new ArrayList<>();
    circle.add(circle);
    TaskType<Object, String> type = TaskType.of("t", ANY, Codec.text());
    TaskRefused refused = assertThrows(TaskRefused.class, () -> type.task(circle));
    assertEquals(TaskRefused.Reason.INVALID, refused.reason());
  }

  @Test
  void theBytesChooseNoClass() throws Exception {
    Object value = ANY.decode("[\"java.io.File\",{\"path\":\"/etc/passwd\"}]".getBytes(UTF_8));
    assertEquals(List.of("java.io.File", Map.of("path", "/etc/passwd")), value);
    Object map = ANY.decode("{\"@class\":\"java.io.File\"}".getBytes(UTF_8));
    assertEquals(Map.of("@class", "java.io.File"), map);
  }

  @Test
  void messagesDoNotRepeatTheWholePayload() {
    byte[] bytes = "{\"name\":\"secret\",\"width\":}".getBytes(UTF_8);
    String message =
        assertThrows(JsonProcessingException.class, () -> PHOTO.decode(bytes)).getMessage();
    assertFalse(message.contains("secret"), message);
    assertTrue(message.contains("column"), message);
  }

  @Test
  void timesAreIsoTextOrRefused() throws Exception {
    Codec<Instant> codec = JsonCodec.json(Instant.class);
    if (moduleIsThere()) {
      assertEquals("\"1970-01-01T00:00:00Z\"", new String(codec.encode(Instant.EPOCH), UTF_8));
      assertEquals(Instant.EPOCH, codec.decode(codec.encode(Instant.EPOCH)));
    } else {
      String message =
          assertThrows(JsonProcessingException.class, () -> codec.encode(Instant.EPOCH))
              .getMessage();
      assertTrue(message.contains("jackson-datatype-jsr310"), message);
    }
  }

  private static boolean moduleIsThere() {
    try {
      Class.forName("com.fasterxml.jackson.datatype.jsr310.JavaTimeModule");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  @Test
  void theUsersOwnMapperIsUsed() throws Exception {
    ObjectMapper lenient =
        new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    Photo photo =
        JsonCodec.json(lenient, Photo.class)
            .decode("{\"name\":\"a\",\"colour\":\"red\"}".getBytes(UTF_8));
    assertEquals("a", photo.name());
    assertSame(0, photo.width());
  }

  private static String nested(int depth) {
    return "[".repeat(depth) + "]".repeat(depth);
  }
}
