/** What a timer can hold. */
const LONGEST = 2 ** 31 - 1;

export function reloadAfter(ms: number): void {
  setTimeout(reload, Math.min(ms, LONGEST));
}

function reload(): void {
  const { maintenance } = window as { maintenance?: { connection: string } };
  if (maintenance && maintenance.connection === 'lost') {
    // a server that has gone would be answered for by the browser's own page, which never comes back: wait until the
    // browser script, where it is included, has found somebody again
    reloadAfter(1000);
  } else if (location.hash) {
    // replacing would not load
    location.reload();
  } else {
    // reload() would offer to send a refused form again
    location.replace(location.href);
  }
}
