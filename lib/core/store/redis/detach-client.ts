import type { RedisClient } from './redis-client.js';

interface SocketOwner {
  readonly stream?: { unref?(): unknown };
  nodes?(): SocketOwner[];
}

/** From now on the sockets of a client, including those of later connections, do not keep the process alive. */
export function detachClient(client: RedisClient): void {
  const detach = (): void => {
    const owner = client as SocketOwner;
    [owner, ...(owner.nodes?.() ?? [])].forEach(({ stream }) => stream?.unref?.());
  };
  detach();
  client.on('connect', detach);
  client.on('ready', detach);
}
