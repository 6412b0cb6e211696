package io.dispatcher.node.bus;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What messages weigh. */
final class Sizes {
  private static final int SMALL = 8;

  private Sizes() {}

  /** Bytes of body and headers, roughly; what is nested is counted without recursion. */
  static long of(Message<?> message) {
    long size = 0;
    for (Map.Entry<String, String> header : message.headers()) {
      size += header.getKey().length() + header.getValue().length();
    }
    return size + ofBody(message.body());
  }

  static long ofBody(@Nullable Object body) {
    if (!(body instanceof JsonObject || body instanceof JsonArray)) {
      return ofLeaf(body);
    }
    long size = 0;
    ArrayDeque<Object> rest = new ArrayDeque<>();
    rest.add(body);
    for (Object next = rest.poll(); next != null; next = rest.poll()) {
      size += SMALL;
      if (next instanceof JsonObject json) {
        next = json.getMap();
      } else if (next instanceof JsonArray array) {
        next = array.getList();
      }
      if (next instanceof Map<?, ?> map) {
        for (Map.Entry<?, ?> field : map.entrySet()) {
          size += String.valueOf(field.getKey()).length();
          add(field.getValue(), rest);
        }
      } else if (next instanceof Collection<?> list) {
        list.forEach(value -> add(value, rest));
      } else {
        size += ofLeaf(next);
      }
    }
    return size;
  }

  private static void add(@Nullable Object value, ArrayDeque<Object> rest) {
    if (value != null) {
      rest.add(value);
    }
  }

  private static long ofLeaf(@Nullable Object value) {
    if (value instanceof Buffer buffer) {
      return buffer.length();
    }
    if (value instanceof CharSequence text) {
      return text.length();
    }
    return value instanceof byte[] bytes ? bytes.length : SMALL;
  }
}
