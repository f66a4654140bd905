import { FOOT, makeOverlay, makeRoom } from './bars.js';

/** What a page shows while the site is in maintenance. */
export interface Banner {
  /** @param message what visitors read */
  show(message: string | null): void;
  hide(): void;
}

/** Forced colours take the background, and draw the border in one of theirs. */
const RED = 'background:#b3161b;border:1px solid #b3161b;';
/** Clicks go through to the page. */
const THROUGH = 'pointer-events:none;left:0;';

/**
 * The mark of a page: a banner for visitors, or the red edge for operators.
 *
 * @param own a text of the page's own; `'none'`: the page is not marked
 * @param on what it says where nobody says anything else
 */
export function createBanner(kind: 'banner' | 'edge', own: string | undefined, on: string): Banner {
  /** The last one carries the text. */
  let shown: HTMLElement[] | undefined;
  let giveBack: (() => void) | undefined;

  function build(): HTMLElement[] {
    const attributes = { dir: 'auto', role: 'status' };
    if (kind === 'banner') {
      // at the foot, where it hides neither headings nor menus
      const place = 'padding:10px 16px;text-align:center;white-space:pre-line';
      const bar = makeOverlay(kind, FOOT + RED + place, attributes);
      giveBack = makeRoom(bar);
      return [bar];
    }
    const place = 'bottom:16px;padding:8px 16px;border-radius:0 6px 6px 0;max-width:80vw';
    return [
      makeOverlay('edge-line', `${RED}${THROUGH}top:0;bottom:0;width:8px`, {}),
      makeOverlay(kind, RED + THROUGH + place, attributes),
    ];
  }

  return {
    show(message) {
      if (own === 'none') {
        return;
      }
      const text = own || (kind === 'banner' && message) || on;
      shown ??= build();
      const label = shown.at(-1) as HTMLElement;
      if (label.textContent !== text) {
        label.textContent = text;
      }
    },
    hide() {
      giveBack?.();
      giveBack = undefined;
      shown?.forEach((element) => element.remove());
      shown = undefined;
    },
  };
}
