// The script of the built-in page: the expected end in the visitor's own time zone, a countdown, and the reload that
// <meta http-equiv=refresh> does where scripts are off. What differs from page to page comes in data attributes.
import { startCountdown } from './countdown.js';
import { showNext } from './next.js';
import { reloadAfter } from './reload.js';

const main = document.querySelector('main') as HTMLElement;

reloadAfter(Number(main.dataset['refresh']) * (1000 + Math.random() * 100));
if (main.dataset['left'] !== undefined) {
  startCountdown(main);
}
showNext(main);
