import type { Redis } from 'ioredis';

/**
 * Everything that a Redis has, as its replica would have it.
 * @param counts which keys; others stay as they are
 * @returns puts that in the place of what is there then, at once, as if the replica, which got no more, had taken over
 */
export async function saveRedis(
  redis: Redis,
  counts: (name: string) => boolean = () => true,
): Promise<() => Promise<void>> {
  const namesNow = async () => (await redis.keys('*')).filter(counts);
  const names = await namesNow();
  const dumps = await Promise.all(names.map(async (name) => [name, await redis.dumpBuffer(name)] as const));
  return async () => {
    const again = redis.multi().del(...(await namesNow()));
    for (const [name, dump] of dumps) again.restore(name, 0, dump);
    await again.exec();
  };
}
