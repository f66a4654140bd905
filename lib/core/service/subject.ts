/** The subject of a permission check. @publicApi */
export type MaintenanceSubject =
  | {
      /** A request. */
      type: 'http';
      /** The request object of the framework. */
      request: unknown;
    }
  | {
      /** A connection of the realtime gateway. */
      type: 'socket';
      /** The Socket.IO socket; `socket.handshake` has headers and `auth`. */
      socket: unknown;
    };
