import { isEmitted } from './emitted-events.js';
import { passOnNext } from './event-admission.js';
import type { RpcServer } from './event-server.js';
import { RmqQueue } from './rmq-queue.js';

interface Message {
  readonly fields: { readonly deliveryTag: number };
}

/** A channel of amqplib: what says that a message is done with. */
interface Channel {
  ack(message: Message, allUpTo?: boolean): void;
  nack(message: Message, allUpTo?: boolean, requeue?: boolean): void;
  reject(message: Message, requeue?: boolean): void;
  ackAll(): void;
  nackAll(requeue?: boolean): void;
}

interface RmqContext {
  getMessage(): Message;
  getChannelRef(): Channel;
}

/** How many handlers of a message were refused, by that message. */
const refusals = new WeakMap<object, number>();

/** A handler of this message was refused. @param context what Nest passes to handlers, of any transport */
export function noteRefusal(context: unknown): void {
  if (isRmqContext(context)) {
    const message = context.getMessage();
    refusals.set(message, (refusals.get(message) ?? 0) + 1);
  }
}

/**
 * With `noAck: false` handlers acknowledge their messages, and one that is refused never runs: without an end of its message the
 * queue would come to rest after `prefetchCount` refusals, and deliver a request again that was answered with an error. An event
 * is rejected, so that it goes where the queue sends dead letters; a stream has none, and the connection that rejects is closed.
 * What the application has settled, in a filter, stays so.
 */
export function settleRefusals(server: RpcServer): void {
  const { isStream } = new RmqQueue(server);
  const handlers = new Map<unknown, number>();
  const original = server.addHandler;
  server.addHandler = (pattern, handler, isEvent, extras) => {
    const route = server.normalizePattern?.(pattern) ?? pattern;
    handlers.set(route, (handlers.get(route) ?? 0) + 1);
    const settling = passOnNext(handler, async (...args) => {
      const context = args.find(isRmqContext);
      if (!context) {
        return handler(...args);
      }
      const [message, channel] = [context.getMessage(), context.getChannelRef()];
      const isSettled = watchChannel(channel);
      const result = await handler(...args);
      const isRefused = refusals.get(message) === (isEvent ? handlers.get(route) : 1);
      if (isRefused && !isSettled(message)) {
        if ((isEvent || isEmitted(context)) && !isStream) {
          channel.nack(message, false, false);
        } else {
          channel.ack(message);
        }
      }
      return result;
    });
    original.call(server, pattern, settling, isEvent, extras);
  };
}

type IsSettled = (message: Message) => boolean;
const channels = new WeakMap<Channel, IsSettled>();

/** A message that is settled twice closes its channel. */
function watchChannel(channel: Channel): IsSettled {
  const known = channels.get(channel);
  if (known) {
    return known;
  }
  const single = new WeakSet<Message>();
  let upTo = 0;
  let latest = 0;
  const note = (message: Message, allUpTo = false): void => {
    single.add(message);
    upTo = allUpTo ? Math.max(upTo, message.fields.deliveryTag) : upTo;
  };
  const { ack, nack, reject, ackAll, nackAll } = channel;
  channel.ack = (message, allUpTo) => (note(message, allUpTo), ack.call(channel, message, allUpTo));
  channel.nack = (message, allUpTo, requeue) => (
    note(message, allUpTo),
    nack.call(channel, message, allUpTo, requeue)
  );
  channel.reject = (message, requeue) => (note(message), reject.call(channel, message, requeue));
  channel.ackAll = () => ((upTo = latest), ackAll.call(channel));
  channel.nackAll = (requeue) => ((upTo = latest), nackAll.call(channel, requeue));
  const isSettled: IsSettled = (message) => {
    latest = Math.max(latest, message.fields.deliveryTag);
    return single.has(message) || message.fields.deliveryTag <= upTo;
  };
  channels.set(channel, isSettled);
  return isSettled;
}

function isRmqContext(value: unknown): value is RmqContext {
  const { getMessage, getChannelRef } = (value ?? {}) as Partial<RmqContext>;
  return typeof getMessage === 'function' && typeof getChannelRef === 'function';
}
