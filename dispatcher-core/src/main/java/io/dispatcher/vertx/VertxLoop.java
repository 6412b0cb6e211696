package io.dispatcher.vertx;

import io.dispatcher.cluster.QueueLoop;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A loop on the event-loop thread of a Vert.x context. Turns that wait are run in one go, and one
 * Vert.x timer at a time stands for all timers of the loop. Thread-safe as every loop is.
 */
final class VertxLoop extends QueueLoop {

  private static final long NO_TIMER = -1;

  private final Vertx vertx;
  private final Context context;
  private long timer = NO_TIMER;
  private long timerDue;

  /**
   * @param context an event-loop context that nobody else uses
   * @param seed of the loop's random numbers
   * @param onError is told of the exception that ended the loop, on the loop's thread
   */
  VertxLoop(Context context, String name, long seed, Consumer<Throwable> onError) {
    super(name, seed, onError);
    this.vertx = context.owner();
    this.context = context;
  }

  @Override
  protected void wake() {
    try {
      context.runOnContext(nothing -> drain());
    } catch (RejectedExecutionException vertxIsClosed) {
      end();
    }
  }

  @Override
  protected void sleepUntil(long due) {
    if (timer != NO_TIMER) {
      if (timerDue - due <= 0) {
        return;
      }
      vertx.cancelTimer(timer);
    }
    long wait = due - now();
    // Rounded up, or the loop would wake just before the time a few times over.
    long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait + 999_999));
    timerDue = due;
    timer =
        vertx.setTimer(
            millis,
            fired -> {
              timer = NO_TIMER;
              drain();
            });
  }
}
