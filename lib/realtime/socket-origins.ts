import type { Socket } from 'socket.io';

type Handshake = Pick<Socket, 'handshake'>;

/** Which pages may connect, and which may do so with the cookies of whoever looks at them. */
export class SocketOrigins {
  private readonly allowed: ReadonlySet<string> | undefined;

  constructor(origins: readonly string[] | undefined) {
    this.allowed = origins && new Set(origins.map((origin) => origin.toLowerCase()));
  }

  /** Only browsers name an origin, and for any page but those of the same host they always do. */
  accepts(socket: Handshake): boolean {
    return this.allowed === undefined || this.knows(socket);
  }

  /** A foreign page that comes with cookies may be borrowing them: it learns what everybody may know. */
  trusts(socket: Handshake): boolean {
    return socket.handshake.headers.cookie === undefined || this.knows(socket);
  }

  private knows({ handshake }: Handshake): boolean {
    const { origin, host } = handshake.headers;
    if (origin === undefined) {
      return true;
    }
    return (
      this.allowed?.has(origin.toLowerCase()) === true ||
      (host !== undefined && /^https?:\/\/(.+)$/i.exec(origin)?.[1]?.toLowerCase() === host.toLowerCase())
    );
  }
}
