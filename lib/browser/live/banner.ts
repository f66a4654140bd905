/** What a page shows while the site is in maintenance. */
export interface Banner {
  /** @param message what visitors read */
  show(message: string | null): void;
  hide(): void;
}

const RED = '#b3161b';

/** Above everything on the page, and out of reach of its own style sheet. */
const BASE = { all: 'initial', position: 'fixed', zIndex: '2147483647' };

const TEXT = {
  background: RED,
  color: '#fff',
  font: '600 14px/1.4 system-ui,sans-serif',
  boxSizing: 'border-box',
  overflowWrap: 'anywhere',
};

/** Styles are set one by one, which a strict policy allows. */
function element(style: Record<string, string>, attributes: Record<string, string>): HTMLElement {
  const made = document.createElement('div');
  Object.assign(made.style, BASE, style);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  (document.body ?? document.documentElement).append(made);
  return made;
}

/**
 * The mark of a page: a banner for visitors, or the red edge for operators.
 *
 * @param own a text of the page's own; `'none'`: the page is not marked
 * @param on what it says where nobody says anything else
 */
export function createBanner(kind: 'banner' | 'edge', own: string | undefined, on: string): Banner {
  let shown: HTMLElement[] = [];

  /** The last one carries the text. */
  function build(): HTMLElement[] {
    const attributes = { role: 'status', 'aria-live': 'polite', 'data-maintenance': kind };
    if (kind === 'banner') {
      // at the foot, where it hides neither headings nor menus
      const place = { bottom: '0', left: '0', right: '0', padding: '10px 16px', textAlign: 'center' };
      return [element({ ...TEXT, ...place, whiteSpace: 'pre-line' }, attributes)];
    }
    // clicks go through to the page
    const edge = { top: '0', bottom: '0', left: '0', width: '8px', background: RED, pointerEvents: 'none' };
    const place = { bottom: '16px', left: '0', padding: '8px 14px 8px 18px', borderRadius: '0 6px 6px 0' };
    return [
      element(edge, { 'aria-hidden': 'true', 'data-maintenance': 'edge-line' }),
      element({ ...TEXT, ...place, maxWidth: '80vw', pointerEvents: 'none' }, attributes),
    ];
  }

  return {
    show(message) {
      if (own === 'none') {
        return;
      }
      const text = own || (kind === 'banner' && message) || on;
      if (shown.length === 0) {
        shown = build();
      }
      const label = shown[shown.length - 1];
      if (label && label.textContent !== text) {
        label.textContent = text;
      }
    },
    hide() {
      for (const element of shown) {
        element.remove();
      }
      shown = [];
    },
  };
}
