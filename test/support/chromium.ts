import { chromium, type Browser } from 'playwright-core';
import { requireTool } from './tools.mjs';

/**
 * The machine's Chromium, without a window. `await browser.close()` ends it.
 * @param scrollbars pages have some that take room, as on most desktops
 */
export function startChromium({ scrollbars = false } = {}): Promise<Browser> {
  return chromium.launch({
    ...(scrollbars && { ignoreDefaultArgs: ['--hide-scrollbars'] }),
    executablePath: requireTool('chromium'),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
