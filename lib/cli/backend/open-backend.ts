import { usage } from '../exit.js';
import type { Settings } from '../settings.js';
import type { Backend } from './backend.js';

/** @throws CliError if neither way is configured, or the configured one does not work */
export async function openBackend(settings: Settings, warn: (message: string) => void): Promise<Backend> {
  if (settings.redis !== undefined) {
    const { RedisBackend } = await import('./redis-backend.js');
    return RedisBackend.open(settings, warn);
  }
  if (settings.url !== undefined) {
    const { ApiBackend } = await import('./api-backend.js');
    return new ApiBackend(settings);
  }
  throw usage(
    'No application given: use --redis (or MAINTENANCE_REDIS_URL), or --url (or MAINTENANCE_URL) for its admin API. ' +
      'An application that keeps its state in memory is reachable by --url only.',
  );
}
