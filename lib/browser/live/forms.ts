import { remember } from './left-pages.js';

/** What somebody may have filled in: a field, an editable text, a frame. */
type Field = HTMLElement & { readonly value?: unknown };

/** What has the focus, and may have it for something in it. */
type Focused = Partial<Pick<HTMLIFrameElement, 'contentWindow'>> & {
  readonly shadowRoot?: Focused | null;
  readonly activeElement?: Element | null;
};

/** Ms that what has been sent may take to be answered: most proxies wait no longer. */
const ANSWERED = 60_000;

/** Whether a reload of this page would lose something: a form that is partly filled in or waits for its answer, or the answer. */
export function watchForms(): () => unknown {
  const touched = new Set<Field>();
  let sentTo: string | undefined;
  // on the window: shorter
  for (const event of ['input', 'submit', 'beforeunload']) {
    addEventListener(
      event,
      ({ target, type, isTrusted }) => {
        // what a script of the page fills in, it can fill in again
        if (isTrusted) {
          touched.add(target as Field);
          if (type !== 'input') {
            setTimeout(() => touched.delete(target as Field), ANSWERED);
            const { method, action } = target as HTMLFormElement;
            if (method === 'post') {
              sentTo = action;
            } else {
              // the page is left: only now can the answer be another page, while what scripts send is answered here
              remember(sentTo);
            }
          }
        }
      },
      true,
    );
  }
  // the answer has come, and this page may be shown again as it was left
  addEventListener('pagehide', () =>
    [document, ...document.forms].forEach((sent: unknown) => touched.delete(sent as Field)),
  );
  addEventListener('reset', ({ target }) =>
    touched.forEach((field) => (target as Partial<Node>).contains?.(field) && touched.delete(field)),
  );
  // what is typed into a frame, such as an editor or a card number, is not seen here; some browsers are late to say who has the focus
  addEventListener('blur', () =>
    setTimeout(() => {
      let at: Focused | null | undefined = document;
      // a web component has the focus for what is in it
      while ((at = (at.shadowRoot ?? at).activeElement)) {
        if (at.contentWindow) {
          touched.add(at as Field);
        }
      }
    }),
  );
  const addChanged = (): void =>
    document
      .querySelectorAll<HTMLInputElement>('input,textarea,select')
      .forEach((field) => isChanged(field) && touched.add(field));
  // somebody was faster than this script
  if (document.activeElement?.matches('input,textarea,select')) {
    addChanged();
  }
  // a page that was left and come back to: the browser puts back what was filled in, later than anything else
  const [visit] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (visit?.type === 'back_forward') {
    addEventListener('pageshow', () => setTimeout(addChanged));
  }
  return () =>
    [...touched].some((field) => field.isConnected && isFilledIn(field)) ||
    // the answer to a form, which has come during maintenance: nobody has read it, and no reload brings it back
    remember() === location.href ||
    objects();
}

/** Whether the page itself would have its reader asked before it is left. */
function objects(): unknown {
  const event = document.createEvent('beforeunloadevent') as BeforeUnloadEvent;
  event.initEvent('beforeunload', false, true);
  return !dispatchEvent(event) || event.returnValue;
}

/** An emptied field has nothing to lose. */
function isFilledIn(field: Field): boolean {
  return field[field.isContentEditable ? 'textContent' : 'value'] !== '';
}

/** Whether it is not as the server sent it. */
function isChanged(field: HTMLInputElement): boolean {
  const form = document.createElement('form');
  const copy = field.cloneNode(true) as HTMLInputElement;
  form.append(copy);
  form.reset();
  return field.value !== copy.value || field.checked !== copy.checked;
}
