import { expect, it } from 'vitest';
import { startChromium } from './chromium.js';

it('opens a page in a real browser', async () => {
  const browser = await startChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await page.setContent('<h1>Back soon</h1>');
    expect(await page.locator('h1').textContent()).toBe('Back soon');
    expect(await page.evaluate('innerWidth')).toBe(390);
  } finally {
    await browser.close();
  }
});
