/** Above everything on the page, and out of reach of its own style sheet. Styles are set by script, which a strict policy allows. */
const BASE =
  'all:initial;position:fixed;z-index:2147483646;box-sizing:border-box;color:#fff;' +
  'font:600 14px/1.4 system-ui,sans-serif;overflow-wrap:anywhere;';

/** How high a bar is, for pages with something of their own at the foot of the window. */
const HEIGHT = '--maintenance-bar';

/** Where bars are. A long text must not cover the page: it is scrolled. The ring of what has the focus is the browser's own. */
export const FOOT = 'left:0;right:0;bottom:0;max-height:50%;overflow:auto;outline:revert;';

const root = document.documentElement;

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  style: string,
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.style.cssText = style;
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  return element;
}

/**
 * Something that lies over the page, beside its body: libraries such as Turbo replace the body when a link is followed, and show a copy
 * of an earlier one when its reader goes back.
 * @param kind what it is, for style sheets and tests
 */
export function makeOverlay(kind: string, style: string, attributes: Record<string, string>): HTMLElement {
  const overlay = make('div', BASE + style, { ...attributes, 'data-maintenance': kind });
  hideInPrint();
  root.append(overlay);
  return overlay;
}

let printSheet: CSSStyleSheet | undefined;

/** Bars are not printed. */
function hideInPrint(): void {
  try {
    if (!printSheet) {
      printSheet = new CSSStyleSheet();
      printSheet.insertRule('@media print{[data-maintenance]{display:none!important}}');
      document.adoptedStyleSheets.push(printSheet);
    }
  } catch {
    // an old browser without this prints them
  }
}

/**
 * Makes room for a bar at the foot of the window, so that the last lines of the page can be scrolled above it, and the browser keeps the
 * focused element visible. The room follows everything else on the page, so nothing moves.
 * @returns removes the bar and its room
 */
export function makeRoom(bar: HTMLElement): () => void {
  const room = make('div', 'all:initial;display:block', { 'data-maintenance': 'room' });
  const { style } = root;
  const fit = (moves: boolean): void => {
    if (room.isConnected) {
      if (bar.scrollHeight > bar.clientHeight) {
        // for those who scroll by keyboard
        bar.tabIndex = 0;
      }
      const { clientWidth } = root;
      const height = `${bar.offsetHeight}px`;
      room.style.height = style.scrollPaddingBottom = height;
      style.setProperty(HEIGHT, height);
      if (!moves && root.clientWidth < clientWidth) {
        // a scrollbar would move the page: it waits for what its reader does first
        room.style.height = '0';
      }
    }
  };
  root.append(room);
  let touched = false;
  const touch = (): void => fit((touched = true));
  new ResizeObserver(() => fit(touched)).observe(bar);
  for (const input of ['wheel', 'pointerdown', 'keydown']) {
    addEventListener(input, touch, { once: true });
  }
  return () => {
    bar.remove();
    room.remove();
    style.scrollPaddingBottom = '';
    style.removeProperty(HEIGHT);
  };
}
