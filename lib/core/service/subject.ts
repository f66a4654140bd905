/** Who asks for a permission. @publicApi */
export type MaintenanceSubject =
  | {
      /** A request. */
      type: 'http';
      /** As the framework hands it out. */
      request: unknown;
    }
  | {
      /** A connection of the realtime gateway. */
      type: 'socket';
      /** Socket.IO's; `socket.handshake` has headers and `auth`. */
      socket: unknown;
    };
