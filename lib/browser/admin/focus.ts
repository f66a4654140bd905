/**
 * Before something is removed, hidden or disabled: if it has the focus, this gets it, so that people who work with the keyboard or a
 * screen reader stay where they are.
 * @param next focusable; no button, since a press meant for what was there must not reach another
 */
export function passFocus(from: Element, next: HTMLElement | null | undefined): void {
  if (from.contains(document.activeElement)) {
    next?.focus({ preventScroll: true });
  }
}

/** Whether nothing has the focus, or something that can no longer be seen: the browser notices that later. */
export function isFocusLost(): boolean {
  const { activeElement: at, body } = document;
  return at === null || at === body || at.getClientRects().length === 0;
}
