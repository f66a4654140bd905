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

/** Loads the page again, from the server: to replace it by itself could show the copy that the browser keeps. */
export function reload(): void {
  // otherwise a form that led to this page would be sent once more
  history.replaceState(history.state, '');
  location.reload();
}
