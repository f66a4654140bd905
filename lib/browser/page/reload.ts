/** What a timer can hold. */
const LONGEST = 2 ** 31 - 1;

/** `window.maintenance`, where the browser script is included. */
interface Follower {
  readonly connection: string;
  readonly status: { readonly maintenanceMode: boolean } | null;
}

export function reloadAfter(ms: number): void {
  setTimeout(reload, Math.min(ms, LONGEST));
}

function reload(): void {
  const { maintenance: follower } = window as { maintenance?: Follower };
  if (
    // a server that has gone would be answered for by the browser's own page, which never comes back
    follower?.connection === 'lost' ||
    // the script hears of the end, and comes back at a moment of its own
    (follower?.connection === 'live' && follower.status?.maintenanceMode)
  ) {
    reloadAfter(1000);
  } else if (location.hash) {
    // replacing would not load
    location.reload();
  } else {
    // reload() would offer to send a refused form again
    location.replace(location.href);
  }
}
