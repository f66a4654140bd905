/** Timers cannot wait much longer, in ms. */
const LONGEST = 2e9;

export function reloadAfter(ms: number): void {
  setTimeout(leave, Math.min(ms, LONGEST));
}

function leave(): void {
  const { maintenance } = window as { maintenance?: { readonly keepsPage: boolean } };
  if (maintenance?.keepsPage) {
    reloadAfter(1000);
  } else {
    reload();
  }
}

/** Reloads the page. */
export function reload(): void {
  if (location.hash) {
    // replacing would not load
    location.reload();
  } else {
    // reload() would offer to send a refused form again
    location.replace(location.href);
  }
}
