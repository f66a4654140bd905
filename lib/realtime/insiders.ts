import type { Channel } from './channel.js';

/** Which clients of a channel may see key data, as far as is known. */
export class Insiders<Client extends object> {
  /** Clients whose permission is being checked; afterwards they get the latest state. */
  private readonly asked = new Set<Client>();
  /** Those who may see key data: they are few, and checked again each time. */
  private readonly insiders = new Set<Client>();
  /** Those for whom nothing was known in time: visitors for now, and checked again the next time. */
  private readonly undecided = new Set<Client>();

  /** @param found sends a client what it may see */
  constructor(
    private readonly channel: Pick<Channel<Client>, 'ask' | 'isHere'>,
    private readonly found: (client: Client, insider: boolean) => void,
  ) {}

  has(client: Client): boolean {
    return this.insiders.has(client);
  }

  isAsked(client: Client): boolean {
    return this.asked.has(client);
  }

  isUndecided(client: Client): boolean {
    return this.undecided.has(client);
  }

  /** Forgets one that has gone. */
  forget(client: Client): void {
    this.insiders.delete(client);
    this.undecided.delete(client);
  }

  async consult(client: Client): Promise<void> {
    this.asked.add(client);
    const { answer, inTime } = this.channel.ask(client);
    const insider = await inTime;
    this.asked.delete(client);
    this.admit(client, insider);
    if (insider === undefined) {
      // its turn may have come meanwhile
      const allowed = await answer;
      if (allowed !== undefined && this.undecided.delete(client) && allowed) {
        this.admit(client, true);
      }
    }
  }

  /** @param insider `undefined`: not known */
  private admit(client: Client, insider: boolean | undefined): void {
    if (!this.channel.isHere(client)) {
      return;
    }
    mark(this.insiders, client, insider === true);
    mark(this.undecided, client, insider === undefined);
    this.found(client, insider === true);
  }
}

function mark<T>(set: Set<T>, member: T, isIn: boolean): void {
  if (isIn) {
    set.add(member);
  } else {
    set.delete(member);
  }
}
