import type { MaintenancePingError, MaintenancePong } from '../client/status-message.js';
import type { StatusReporter } from './status-reporter.js';

/** Answers pings, whatever they contain. */
export class PingHandler {
  constructor(private readonly reporter: StatusReporter) {}

  /** @param isInsider whether the sender may see key data, checked afresh */
  async answer(
    listener: unknown,
    args: readonly unknown[],
    isInsider: () => Promise<boolean | undefined>,
  ): Promise<MaintenancePong | MaintenancePingError> {
    const { reporter } = this;
    const key = askedKey(args);
    if (key === null) {
      const error = 'Malformed ping: send { key } with the name of a key, or {}.';
      return { error, maintenanceMode: reporter.closed };
    }
    const insider = (await isInsider()) === true;
    const currentMode = key === undefined ? undefined : reporter.modeOf(key, insider);
    return {
      ...(insider ? reporter.forInsider(listener) : reporter.forAll(listener)),
      ...reporter.ownOf(listener),
      ...(currentMode !== undefined && { currentMode }),
    };
  }
}

/** The requested key, `undefined` for none, `null` if malformed. */
export function askedKey(args: readonly unknown[]): string | undefined | null {
  const [query = {}] = args;
  if (args.length > 1 || typeof query !== 'object' || query === null) {
    return null;
  }
  if (Array.isArray(query) || ArrayBuffer.isView(query)) {
    return null;
  }
  const { key } = query as { key?: unknown };
  return key === undefined || typeof key === 'string' ? key : null;
}
