interface EventTaker {
  handleEvent?(pattern: string, packet: unknown, context: object): Promise<unknown>;
}

const emitted = new WeakSet<object>();

/** Notes what a microservice gets as an event, which its sender may also send to a handler of `@MessagePattern()`. */
export function noteEvents(server: EventTaker): void {
  const original = server.handleEvent;
  if (typeof original === 'function') {
    server.handleEvent = (pattern, packet, context) => {
      emitted.add(context);
      return original.call(server, pattern, packet, context);
    };
  }
}

/** Whether nobody waits for an answer. @param context what Nest passes to handlers */
export const isEmitted = (context: unknown): boolean =>
  typeof context === 'object' && context !== null && emitted.has(context);
