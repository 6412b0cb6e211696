/**
 * The event-bus door: tasks from the Vert.x processes of the cluster.
 *
 * <table>
 * <caption>Addresses</caption>
 * <tr><th>address</th><th>body</th><th>reply</th></tr>
 * <tr><td>{@code dispatcher.submit}, {@code dispatcher.submit.NODE}</td>
 * <td>the payload as a Buffer, with {@code type} and the options as headers; or a JsonObject with
 * {@code type}, {@code payload} or {@code payloadBase64}, and the options</td>
 * <td>JsonObject {@code {id, state}}; with {@code wait} the result as a Buffer, or {@code {id,
 * state}} if the wait ran out</td></tr>
 * <tr><td>{@code dispatcher.task.find}</td><td>JsonObject {@code {id}}, or the id</td>
 * <td>JsonObject: how the task stands</td></tr>
 * <tr><td>{@code dispatcher.task.result}</td><td>as above; {@code wait} in it or as a header</td>
 * <td>the result as a Buffer, or how the task stands</td></tr>
 * <tr><td>{@code dispatcher.task.cancel}</td><td>as above</td>
 * <td>JsonObject: how the task stands</td></tr>
 * </table>
 *
 * <p>Every reply has a header {@code status}, that of the same answer over HTTP; a result has the
 * headers {@code id} and {@code attempt} too. What is no success is a ReplyException whose failure
 * code is the HTTP status of the same refusal, and whose message says what was wrong; with the
 * header {@code failure: json} on the request the message is the JSON text of HTTP.
 *
 * <p>A client that names itself in the header {@code client}, with any text of up to 128 characters
 * that no other has, is one submitter for {@code least-connections}, as an HTTP connection is: it
 * stays with its worker until it had no task there for 60 seconds. The tasks of one that does not
 * are counted each by itself.
 *
 * <p>With {@code bus.token} every message needs the header {@code authorization: Bearer TOKEN},
 * else it is refused with 401. A body longer than {@code bus.body}, or a payload longer than {@code
 * limits.payload}, is refused with 413; what finds no room with 429.
 */
@NullMarked
package io.dispatcher.node.bus;

import org.jspecify.annotations.NullMarked;
