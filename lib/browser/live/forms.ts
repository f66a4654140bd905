/** What somebody may have filled in: a field, an editable text, a frame. */
type Field = HTMLElement & { readonly value?: unknown };

/** Whether this page has a partly filled-in form, which a reload would lose. */
export function watchForms(): () => boolean {
  const touched = new Set<Field>();
  // on the window: shorter
  addEventListener(
    'input',
    ({ target, isTrusted }) => {
      // what a script of the page fills in, it can fill in again
      if (isTrusted) {
        touched.add(target as Field);
      }
    },
    true,
  );
  addEventListener('reset', ({ target }) =>
    touched.forEach((field) => (target as Partial<Node>).contains?.(field) && touched.delete(field)),
  );
  // what is typed into a frame, such as an editor or a card number, is not seen here; some browsers are late to say who has the focus
  addEventListener('blur', () =>
    setTimeout(() => {
      const frame = document.activeElement as HTMLIFrameElement | null;
      if (frame?.contentWindow) {
        touched.add(frame);
      }
    }),
  );
  return () => [...touched].some((field) => field.isConnected && isFilledIn(field));
}

/** An emptied field has nothing to lose. */
function isFilledIn(field: Field): boolean {
  return field.isContentEditable ? field.textContent !== '' : field.value !== '';
}
