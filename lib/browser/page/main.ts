// The script of the built-in page: times in the visitor's own time zone, a countdown, and the reload that
// <meta http-equiv=refresh> does where scripts are off. What differs from page to page comes in data attributes.
import { startCountdown } from './countdown.js';
import { reloadAfter } from './reload.js';
import { showTime } from './show-time.js';

/** @returns the element with what differs from page to page, which the browser script may replace */
function showTimes(): HTMLElement {
  const main = document.querySelector('main') as HTMLElement;
  const [end, timer] = main.querySelectorAll<HTMLElement>('dl time,[role=timer]');
  if (main.dataset['left'] !== undefined) {
    startCountdown(main, end as HTMLTimeElement, timer as HTMLElement);
  }
  const [from, to] = main.querySelectorAll<HTMLTimeElement>('.next time');
  if (from && to) {
    showTime(to, showTime(from));
  }
  return main;
}

reloadAfter(Number(showTimes().dataset['refresh']) * (1000 + Math.random() * 100));
// the browser script has written others
addEventListener('maintenance:times', showTimes);
