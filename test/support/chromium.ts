import { chromium, type Browser } from 'playwright-core';
import { requireTool } from './tools.mjs';

/** The machine's Chromium, without a window. `await browser.close()` ends it. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({
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
