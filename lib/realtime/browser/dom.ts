import type { Connection } from '../../client/connection-options.js';

/** What the browser script uses of an element. */
export interface PageElement {
  readonly style: Record<string, string>;
  readonly dataset: Record<string, string | undefined>;
  readonly src?: string;
  textContent: string | null;
  append(...children: PageElement[]): void;
  remove(): void;
  setAttribute(name: string, value: string): void;
}

/** What the browser script uses of a browser. */
export interface PageWindow {
  readonly document: {
    readonly hidden: boolean;
    readonly currentScript: PageElement | null;
    readonly documentElement: PageElement;
    readonly body: PageElement | null;
    createElement(name: string): PageElement;
    addEventListener(event: string, listener: () => void): void;
    removeEventListener(event: string, listener: () => void): void;
  };
  readonly location: {
    readonly href: string;
    readonly hash: string;
    reload(): void;
    replace(url: string): void;
  };
  readonly sessionStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };
  readonly CustomEvent: new (type: string, init: { detail: unknown }) => object;
  dispatchEvent(event: object): boolean;
  stop(): void;
  maintenance?: PageApi;
}

/** `window.maintenance`. */
export type PageApi = Pick<Connection, 'status' | 'connection' | 'subscribe' | 'ping' | 'close'>;

/** What the server writes into the script. */
export interface ScriptSettings {
  /** Where the script itself is served, should the browser not tell. */
  readonly script: string;
  /** What the script connects to; `null`: the origin it came from. */
  readonly url: string | null;
  readonly path: string;
  readonly namespace: string;
}
