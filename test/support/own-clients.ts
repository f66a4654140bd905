import type { Cluster, Redis } from 'ioredis';

/** Connections to a server of the tests that end with it. */
export class OwnClients<Client extends Redis | Cluster> {
  readonly #all = new Set<Client>();

  add(client: Client): Client {
    // Outages are part of the tests; a failed command tells of them.
    client.on('error', () => {});
    this.#all.add(client);
    return client;
  }

  disconnect(): void {
    for (const client of this.#all) client.disconnect();
    this.#all.clear();
  }
}
