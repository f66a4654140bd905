/** What the parent sends. */
export interface Call {
  id: number;
  name: string;
  args: unknown[];
}

/** What it gets back; the first one, with id 0, says that the child is ready. */
export interface Outcome {
  id: number;
  value?: unknown;
  error?: { name: string; message: string };
}

/**
 * The far side of `Child.start()`: a process of its own that carries out calls by name. Call it when everything is ready;
 * `facts` (the port, say) reach the parent with that news.
 */
export function answer(handlers: Record<string, (...args: never[]) => unknown>, facts: unknown = {}): void {
  const send = (outcome: Outcome) => process.send?.(outcome);

  process.on('message', async ({ id, name, args }: Call) => {
    try {
      const handler = handlers[name];
      if (!handler) throw new Error(`This process has no "${name}"`);
      send({ id, value: await handler(...(args as never[])) });
    } catch (error) {
      const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
      send({ id, error: { name: kind, message } });
    }
  });
  process.on('disconnect', () => process.exit());
  send({ id: 0, value: facts });
}
