import type { PageData, PageKey, PageState } from '../../admin/page-data.js';

/** How the page learns of changes; `signedOut`: the server no longer shows it. */
export type Connection = 'live' | 'polling' | 'lost' | 'signedOut';

const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as PageData;

export const { texts, title, defaultMessage, live, tickets, loginUrl, elsewhere } = data;

/** All that changes. */
export const page = {
  state: data.state,
  connection: null as Connection | null,
  /** When the state arrived, by the browser's clock. */
  heard: Date.now(),
  /** How far the server's clock is ahead of the browser's: the server's counts. */
  ahead: Date.parse(data.state.now) - Date.now(),
};

/** Takes over a state that has just arrived from the server. */
export function takeState(state: PageState): void {
  page.state = state;
  page.heard = Date.now();
  page.ahead = Date.parse(state.now) - page.heard;
}

export const serverNow = (): number => Date.now() + page.ahead;

export const findKey = (name: string): PageKey | undefined =>
  page.state.keys.find((key) => key.name === name);
