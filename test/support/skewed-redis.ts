import { Redis } from 'ioredis';
import type { RedisServer } from './redis.js';

/** Where the skew is kept, in seconds. */
const SKEW = 'test:clock-skew';
const TIME = "local t = redis.call('TIME')";
const SKEWED = `${TIME} t[1] = t[1] + (tonumber(redis.call('GET', '${SKEW}') or '0') or 0)`;

/**
 * In this process, scripts read Redis' clock as {@link setRedisClock} has set it: Redis itself takes no other clock.
 * @returns ends that, for clients that connect from then on
 */
export function skewRedisClock(): () => void {
  const prototype = Redis.prototype as unknown as {
    defineCommand(name: string, definition: { lua: string }): void;
  };
  const define = prototype.defineCommand;
  prototype.defineCommand = function (this: Redis, name, { lua, ...rest }) {
    define.call(this, name, { ...rest, lua: lua.replace(TIME, SKEWED) });
  };
  return () => void (prototype.defineCommand = define);
}

/** Sets the clock that scripts read forward or back. It is right again when Redis loses its data. */
export async function setRedisClock(server: RedisServer, seconds: number): Promise<void> {
  const client = server.client();
  await client.set(SKEW, seconds);
  client.disconnect();
}
