import type { PageElement, PageWindow } from './dom.js';

/** What a page shows while the site is in maintenance. */
export interface Banner {
  show(text: string): void;
  hide(): void;
}

/**
 * The mark of a page: a banner for visitors, or the red edge for operators. The browser script carries the source of this
 * function, so it must not refer to anything outside of itself. Styles are set one by one, which a strict policy allows.
 */
export function createBanner(window: PageWindow, kind: 'banner' | 'edge'): Banner {
  const { document } = window;
  const RED = '#b3161b';
  const FONT = '600 14px/1.4 system-ui,sans-serif';
  let shown: PageElement[] = [];
  let label: PageElement | undefined;

  function element(style: Record<string, string>, attributes: Record<string, string>): PageElement {
    const made = document.createElement('div');
    // nothing of the page's own style sheet shall reach it
    Object.assign(made.style, { all: 'initial', position: 'fixed', zIndex: '2147483647' }, style);
    for (const name of Object.keys(attributes)) {
      made.setAttribute(name, attributes[name] as string);
    }
    (document.body ?? document.documentElement).append(made);
    shown.push(made);
    return made;
  }

  function build(): PageElement {
    const attributes = { role: 'status', 'aria-live': 'polite', 'data-maintenance': kind };
    const text = {
      background: RED,
      color: '#fff',
      font: FONT,
      boxSizing: 'border-box',
      overflowWrap: 'anywhere',
    };
    if (kind === 'banner') {
      // at the foot, where it hides neither headings nor menus
      const place = { bottom: '0', left: '0', right: '0', padding: '10px 16px', textAlign: 'center' };
      return element({ ...text, ...place, whiteSpace: 'pre-line' }, attributes);
    }
    // clicks go through to the page
    const edge = { top: '0', bottom: '0', left: '0', width: '8px', background: RED, pointerEvents: 'none' };
    element(edge, { 'aria-hidden': 'true', 'data-maintenance': 'edge-line' });
    const place = { bottom: '16px', left: '0', padding: '8px 14px 8px 18px', borderRadius: '0 6px 6px 0' };
    return element({ ...text, ...place, maxWidth: '80vw', pointerEvents: 'none' }, attributes);
  }

  return {
    show(text) {
      label ??= build();
      if (label.textContent !== text) {
        label.textContent = text;
      }
    },
    hide() {
      for (const element of shown) {
        element.remove();
      }
      shown = [];
      label = undefined;
    },
  };
}
