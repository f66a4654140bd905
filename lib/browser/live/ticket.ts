/** Sent with a connection, as Socket.IO takes it. */
type Auth = (give: (auth: object) => void) => void;

const TIMEOUT = 5_000;

/**
 * Gets a new ticket whenever a connection begins, since each is valid for one. Without a ticket the page connects as a visitor.
 */
export const showTicket =
  (url: URL): Auth =>
  (give) =>
    void getTicket(url).then(
      (ticket) => give({ ticket }),
      () => give({}),
    );

async function getTicket(url: URL): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    credentials: 'same-origin',
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (!response.ok) {
    throw new Error(`The server issued no ticket: ${response.status}`);
  }
  return ((await response.json()) as { ticket: string }).ticket;
}
