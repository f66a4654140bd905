/** The longest delay of a timer. */
const LONGEST = 2 ** 31 - 1;

export function reloadAfter(ms: number): void {
  setTimeout(reload, Math.min(ms, LONGEST));
}

function reload(): void {
  const { maintenance } = window as { maintenance?: { readonly keepsPage: boolean } };
  if (maintenance?.keepsPage) {
    reloadAfter(1000);
  } else if (location.hash) {
    // replacing would not load
    location.reload();
  } else {
    // reload() would offer to send a refused form again
    location.replace(location.href);
  }
}
