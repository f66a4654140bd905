/** Whether this page has a partly filled-in form, which a reload would lose. */
export function watchForms(): () => boolean {
  const touched = new Set<HTMLElement>();
  const note = ({ target, isTrusted }: Event): void => {
    // what a script of the page fills in, it can fill in again
    if (isTrusted && target instanceof HTMLElement) {
      touched.add(target);
    }
  };
  document.addEventListener('input', note, true);
  document.addEventListener('change', note, true);
  document.addEventListener('reset', ({ target }) => {
    for (const element of touched) {
      if (target instanceof Node && target.contains(element)) {
        touched.delete(element);
      }
    }
  });
  return () => [...touched].some((element) => element.isConnected && isFilledIn(element));
}

/** An emptied field has nothing to lose. */
function isFilledIn(element: HTMLElement & { readonly value?: unknown }): boolean {
  return element.isContentEditable ? element.textContent !== '' : element.value !== '';
}
