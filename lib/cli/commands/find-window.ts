import type { Backend } from '../backend/backend.js';
import type { WindowJson } from '../backend/json.js';
import { CliError, EXIT } from '../exit.js';

/** A current or upcoming window. @param key the key it must belong to. @throws CliError if there is none */
export async function findWindow(backend: Backend, id: string, key?: string): Promise<WindowJson> {
  const window = (await backend.windows(key)).find((each) => each.id === id);
  if (!window) {
    const place = key === undefined ? 'There is' : `Key "${key}" has`;
    throw new CliError(
      EXIT.unknownKey,
      `${place} no window ${JSON.stringify(id)}; nothing was changed. The command "windows" lists the planned ones.`,
      'MAINTENANCE_UNKNOWN_WINDOW',
    );
  }
  return window;
}
